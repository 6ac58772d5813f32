/** A secret that a tenant checks its callbacks with. */
export interface CallbackSecret {
  readonly kid: string;
  /** `whsec_` and base64, as Standard Webhooks has it. */
  readonly secret: string;
}

/** Signs callbacks by Standard Webhooks 1.0. @throws StoreUnavailableError from each method. */
export interface CallbackSigner {
  /** Headers webhook-id, webhook-timestamp and webhook-signature, by each key that is taken. */
  headersOf(tenant: string, id: string, body: string, at: Date): Promise<Readonly<Record<string, string>>>;
  /** All that a callback of the tenant may be signed with, the newest first. */
  secretsOf(tenant: string): Promise<readonly CallbackSecret[]>;
}
