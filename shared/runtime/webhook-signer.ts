import { createHmac } from 'node:crypto';
import type { CallbackSecret, CallbackSigner } from '../ports/callback-signer.ts';
import type { SigningKey, SigningKeys } from '../ports/signing-keys.ts';

/** Standard Webhooks 1.0: `{id}.{timestamp}.{body}` under a secret of the tenant's own, derived from each signing key. */
export class WebhookSigner implements CallbackSigner {
  readonly #keys: SigningKeys;

  constructor(keys: SigningKeys) {
    this.#keys = keys;
  }

  async headersOf(tenant: string, id: string, body: string, at: Date): Promise<Readonly<Record<string, string>>> {
    const timestamp = String(Math.floor(at.getTime() / 1_000));
    const signatures = (await this.#keys.list()).map((key) => {
      const signature = createHmac('sha256', secretOf(key, tenant)).update(`${id}.${timestamp}.${body}`).digest('base64');
      return `v1,${signature}`;
    });
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
  }

  async secretsOf(tenant: string): Promise<readonly CallbackSecret[]> {
    return (await this.#keys.list()).map((key) => ({ kid: key.kid, secret: `whsec_${secretOf(key, tenant).toString('base64')}` }));
  }
}

/** 32 bytes. */
function secretOf({ secret }: SigningKey, tenant: string): Buffer {
  return createHmac('sha256', secret)
    .update(JSON.stringify(['jobline callback v1', tenant]))
    .digest();
}
