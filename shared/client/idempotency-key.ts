/** A key that nobody else has. */
export function newKey(): string {
  return crypto.randomUUID();
}

/** The key as a header's value: a string of RFC 9651. */
export function keyHeader(key: string): Readonly<Record<string, string>> {
  return { 'idempotency-key': `"${key.replace(/["\\]/g, '\\$&')}"` };
}
