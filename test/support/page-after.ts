import { InvalidCursorError } from '../../shared/domain/failures.ts';

/** A page of a list in memory; a cursor is the id of the last of the page before. */
export function pageAfter<T extends { readonly id: string }>(
  all: readonly T[],
  limit: number,
  after: string | undefined,
): { readonly page: readonly T[]; readonly next?: string } {
  const id = after === undefined ? undefined : Buffer.from(after, 'base64url').toString();
  const at = all.findIndex((one) => one.id === id);
  if (id !== undefined && at < 0) throw new InvalidCursorError('The page token is not one that this service has issued.');
  const page = all.slice(at + 1, at + 1 + limit);
  const last = page.at(-1);
  return { page, ...(last && at + 1 + limit < all.length && { next: Buffer.from(last.id).toString('base64url') }) };
}
