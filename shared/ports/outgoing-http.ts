/** What became of a request to an address that a user gave. `refused`: it may not be asked, now or ever. `failed`: it did not answer. */
export type OutgoingAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly retryAfterMs?: number;
      /** Those that were asked for with `maxAnswerBytes`. */
      readonly mediaType?: string;
      readonly body?: Uint8Array;
      /** There was more. */
      readonly isCut?: boolean;
    }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface OutgoingRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Default: that of the sender. */
  readonly timeoutMs?: number;
  /** What is answered is kept up to here; absent: it is forgotten. */
  readonly maxAnswerBytes?: number;
}

/** Asks addresses that users give: bounded in time and size, never an address of our own network, no redirects. */
export interface OutgoingHttp {
  post(request: OutgoingRequest, signal: AbortSignal): Promise<OutgoingAnswer>;
}

/** Which URLs may be asked. */
export interface UrlRules {
  /** Why this URL may not be asked, as far as it alone tells: `must ...`. The addresses of its host are checked when it is asked. */
  refusalOf(url: string): string | undefined;
}
