/** A query parameter or header: what it is, and the JSON Schema of its string beside `type`. */
export type Parameter = string | { readonly description: string; readonly schema: Readonly<Record<string, unknown>> };

/** An idempotency key, as a header. @param effect what the same key does. */
export function idempotencyKey(effect: string): Parameter {
  return {
    description: `Quoted string or bare token, 1 to 255 characters. ${effect}`,
    schema: { pattern: `^(?:"(?:[ !#-\\[\\]-~]|\\\\["\\\\]){1,255}"|[A-Za-z0-9!#$%&'*+.^_\`|~:/=@-]{1,255})$` },
  };
}

/** Parameters of a list that comes in pages. @param what a page has, e.g. `Jobs`. */
export function pageParameters(what: string): { readonly limit: Parameter; readonly page_token: Parameter } {
  return {
    limit: { description: `${what} in a page`, schema: { type: 'integer', minimum: 1, maximum: 200, default: 50 } },
    page_token: { description: 'next_page_token of the page before', schema: { minLength: 1, maxLength: 500 } },
  };
}
