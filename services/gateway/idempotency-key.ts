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
  if (req.headers['idempotency-key'] === undefined) return undefined;
  const values = req.headersDistinct['idempotency-key']!;
  const refuse = (detail: string) => new Problem('invalid_idempotency_key', { detail });
  if (values.length > 1) throw refuse(`There are ${values.length} Idempotency-Key headers; one is allowed.`);
  const value = values[0]!.trim();
  const key = QUOTED.exec(value)?.[1]?.replace(/\\(["\\])/g, '$1') ?? (BARE.test(value) ? value : undefined);
  if (key === undefined)
    throw refuse('It must be a quoted string of printable ASCII, e.g. "8e03978e-40d5-43dd-bc93-6894a57f9324", or a bare token.');
  if (key.length === 0 || key.length > LONGEST) throw refuse(`It has ${key.length} characters; 1 to ${LONGEST} are allowed.`);
  return key;
}
