import type { SigningKey, SigningKeys } from '../ports/signing-keys.ts';

const ONE = '[a-z0-9-]{1,20}:[\\x21-\\x2b\\x2d-\\x7e]{32,200}';

export const SIGNING_KEYS = new RegExp(`^${ONE}(?:,${ONE}){0,9}$`);
export const SIGNING_KEYS_ALLOWED =
  '1 to 10 keys `name:secret`, separated by commas, the name of a-z, 0-9 and -, the secret of 32 to 200 printable ASCII characters without commas';

/** Keys of the operator's; of equal names the first counts. @param text as SIGNING_KEYS says. */
export function configuredKeys(text: string): SigningKeys {
  const keys = text.split(',').map((one): SigningKey => {
    const colon = one.indexOf(':');
    return { kid: one.slice(0, colon), secret: one.slice(colon + 1) };
  });
  return { list: async () => keys };
}
