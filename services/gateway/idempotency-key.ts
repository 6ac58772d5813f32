import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Problem } from './problems.ts';

const LONGEST = 255;
/** RFC 9651 String: printable ASCII in quotes, `\"` and `\\` escaped. */
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/;
const BARE = /^[A-Za-z0-9!#$%&'*+.^_`|~:/=@-]+$/;

/**
 * The request's idempotency key: a quoted structured-field string, or a bare token as Stripe's clients send it.
 * @throws Problem invalid_idempotency_key for several headers, other characters, and lengths outside 1..255.
 */
export function idempotencyKey(req: IncomingMessage): string | undefined {
  const values = req.headersDistinct['idempotency-key'];
  if (values === undefined) return undefined;
  const refuse = (detail: string) => new Problem('invalid_idempotency_key', { detail });
  if (values.length > 1) throw refuse(`There are ${values.length} Idempotency-Key headers; one is allowed.`);
  const value = values[0]!.trim();
  const key = QUOTED.exec(value)?.[1]?.replace(/\\(["\\])/g, '$1') ?? (BARE.test(value) ? value : undefined);
  if (key === undefined)
    throw refuse('It must be a quoted string of printable ASCII, e.g. "8e03978e-40d5-43dd-bc93-6894a57f9324", or a bare token.');
  if (key.length === 0 || key.length > LONGEST) throw refuse(`It has ${key.length} characters; 1 to ${LONGEST} are allowed.`);
  return key;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof Date) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}

/** SHA-256, hex, of the value as JSON with sorted keys and without blanks (RFC 8785 for what JSON.parse can give). */
export function fingerprint(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex');
}
