/** A request to a dependency: a host that jobs need. */
export interface OutsideRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Jobs that wait for the answer. */
  readonly jobs: number;
  /** For all of it: resolving, connecting, and the last byte of the answer. */
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** Statuses that are the host's fault, beside 408, 429 and 5xx. */
  readonly faults?: readonly number[];
}

/**
 * What became of it. `answered`: by none of the statuses that are the host's fault. `failed`: trying again may help; for `charged` of the jobs it counts as an attempt, the
 * others are held back, since the breaker is open. `held`: it was not asked. `refused`: it may not be asked.
 */
export type OutsideAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly mediaType: string;
      readonly body: Uint8Array;
      /** There was more than `maxAnswerBytes`. */
      readonly isCut: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      readonly status?: number;
      readonly retryAfterMs?: number;
      readonly charged: number;
      /** For those that are held back. */
      readonly heldMs: number;
    }
  | { readonly kind: 'held'; readonly afterMs: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** One of the operator's endpoints: a URL for each stage that has one. */
export interface Endpoint {
  readonly name: string;
  /** Stage to URL. */
  readonly urls: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

/** An OpenAI-compatible endpoint, as the operator has set it. */
export interface SummarySettings {
  /** With its path, e.g. `https://api.example.com/v1`. */
  readonly url: string;
  readonly model: string;
  /** Sent as a bearer token; never shown. */
  readonly apiKey?: string;
  readonly timeoutMs: number;
  /** Documents in one request. */
  readonly batchDocuments: number;
  /** Money for a million tokens, in whatever currency the operator counts; absent: costs are not told. */
  readonly pricePerMillion?: { readonly input: number; readonly output: number };
}

/** Tokens that a model has used. */
export interface TokenUse {
  readonly model: string;
  readonly input: number;
  readonly output: number;
  readonly cost?: number;
}

/** What handlers that need a dependency are given by their worker. */
export interface Outside {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly summary?: SummarySettings;
  /** Asks it, behind its breaker. Never rejects. */
  ask(request: OutsideRequest, signal: AbortSignal): Promise<OutsideAnswer>;
  /** Headers of Standard Webhooks, by the secrets of the tenant's callbacks. @throws StoreUnavailableError. */
  sign(tenant: string, id: string, body: string): Promise<Readonly<Record<string, string>>>;
  /** For metrics. */
  noteTokens(use: TokenUse): void;
}
