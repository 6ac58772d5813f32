import { z } from 'zod';
import { schemaProblems } from '../../shared/schema/schema-problems.ts';
import { wholeParameter } from '../../shared/schema/whole-parameter.ts';
import type { RequestContext } from './middleware/request-context.ts';
import { Problem } from './problems.ts';

/** Parameters of a list that comes in pages. */
export const PAGE_PARAMETERS = {
  limit: wholeParameter(1, 200).default(50),
  page_token: z.string().min(1).max(500).optional(),
};

/** Checks the query string. @throws Problem invalid_query naming every wrong parameter. */
export function readQuery<T>(ctx: RequestContext, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse({ ...ctx.query });
  if (parsed.success) return parsed.data;
  const errors = schemaProblems(parsed.error).map(({ pointer, detail }) => ({ parameter: pointer.slice(1), detail }));
  throw new Problem('invalid_query', {
    detail: errors
      .map(({ parameter, detail }) => `${parameter} ${detail}`)
      .join('; ')
      .slice(0, 1_000),
    fields: { errors },
  });
}

/** Checks a body, or a part of it. @param what how a problem with the whole calls it. @throws Problem invalid_request with a pointer for everything that is wrong. */
export function checkBody<T>(body: unknown, schema: z.ZodType<T>, what?: string): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidRequest(schemaProblems(parsed.error), what);
}

/** The problem for a body, or a part of it, that is well-formed JSON but wrong. @param what default `The body`. */
export function invalidRequest(errors: readonly { readonly pointer: string; readonly detail: string }[], what = 'The body'): Problem {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new Problem('invalid_request', {
    detail: `${first?.pointer || what} ${first?.detail ?? 'is wrong'}${more}.`,
    fields: { errors },
  });
}

/** The `Link` to the next page, where there is one. */
export function linkNext(ctx: RequestContext, path: string, next: string | undefined): void {
  if (next === undefined) return;
  const query = new URLSearchParams({ ...(ctx.query as Record<string, string>), page_token: next });
  ctx.set('Link', `<${path}?${query}>; rel="next"`);
}
