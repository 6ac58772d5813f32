import { lookup as systemLookup } from 'node:dns/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { OutgoingAnswer, OutgoingHttp, OutgoingRequest } from '../../ports/outgoing-http.ts';
import type { Target, UrlPolicy } from './url-policy.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface PinnedHttpOptions {
  readonly policy: UrlPolicy;
  /** For all of it: resolving, connecting, and the last byte of the answer. */
  readonly timeoutMs: number;
  /** Default: the system's resolver. */
  resolve?(host: string): Promise<readonly ResolvedAddress[]>;
  /** Certificates to trust in place of the system's; PEM. */
  readonly ca?: string;
}

/** Beyond this an answer is cut: its status is all that counts. */
const MAX_ANSWER_BYTES = 65_536;
const MAX_HEADER_BYTES = 16_384;

/**
 * Posts to addresses that users give. The host is resolved once, each of its addresses must pass the policy, and the connection goes to
 * those and no other, with the host's own name in `Host` and TLS. A connection each, no redirects, no proxy of the environment.
 */
export class PinnedHttp implements OutgoingHttp {
  readonly #options: PinnedHttpOptions;

  constructor(options: PinnedHttpOptions) {
    this.#options = options;
  }

  async post(request: OutgoingRequest, signal: AbortSignal): Promise<OutgoingAnswer> {
    const { policy } = this.#options;
    const { timeoutMs = this.#options.timeoutMs } = request;
    const target = policy.targetOf(request.url);
    if (typeof target === 'string') return { kind: 'refused', reason: `The URL ${target}.` };
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const addresses = await this.#resolve(target, bounded);
      const refused = addresses.map(({ address }) => policy.addressRefusal(target.host, address)).find((range) => range !== undefined);
      // The address itself is not told: it is a fact of the operator's network.
      if (refused !== undefined) return { kind: 'refused', reason: `The host resolves to an address that is ${refused}.` };
      return await this.#send(target, request, { addresses, signal: bounded });
    } catch (error) {
      if (signal.aborted) return { kind: 'failed', reason: 'The attempt was broken off by a shutdown.' };
      if (bounded.aborted) return { kind: 'failed', reason: `There was no complete answer within ${timeoutMs} ms.` };
      return { kind: 'failed', reason: failureOf(error) };
    }
  }

  async #resolve({ host }: Target, signal: AbortSignal): Promise<readonly ResolvedAddress[]> {
    const family = isIP(host);
    if (family !== 0) return [{ address: host, family }];
    const resolve = this.#options.resolve ?? ((name) => systemLookup(name, { all: true, verbatim: true }));
    // The resolver cannot be told to stop.
    const found = await Promise.race([resolve(host), aborted(signal)]);
    if (found.length === 0) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' });
    return found;
  }

  #send(target: Target, { headers, body, maxAnswerBytes }: OutgoingRequest, { addresses, signal }: Pinned): Promise<OutgoingAnswer> {
    const { url, host, port } = target;
    const { ca } = this.#options;
    const isTls = url.protocol === 'https:';
    const options: RequestOptions & { servername?: string; ca?: string } = {
      host,
      port,
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, Host: url.host, 'Content-Length': Buffer.byteLength(body) },
      agent: false,
      lookup: pinnedLookup(addresses),
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      ...(isTls && isIP(host) === 0 && { servername: host }),
      ...(isTls && ca !== undefined && { ca }),
    };
    return new Promise((resolve, reject) => {
      const sent = isTls ? httpsRequest(options) : httpRequest(options);
      sent.on('error', reject);
      sent.on('response', (response) => answerOf(response, maxAnswerBytes).then(resolve, reject));
      sent.end(body);
    });
  }
}

interface Pinned {
  readonly addresses: readonly ResolvedAddress[];
  readonly signal: AbortSignal;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** Answers with what was checked, whatever is asked for. */
function pinnedLookup(addresses: readonly ResolvedAddress[]): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [...addresses]);
    else callback(null, addresses[0]!.address, addresses[0]!.family);
  };
}

/** Reads the answer to its end, or to its bound. @param keepBytes absent: it is forgotten. */
async function answerOf(response: IncomingMessage, keepBytes: number | undefined): Promise<OutgoingAnswer> {
  const most = keepBytes ?? MAX_ANSWER_BYTES;
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (keepBytes !== undefined) kept.push(chunk as Buffer);
    if (bytes > most) break;
  }
  const retryAfterMs = retryAfterOf(response.headers['retry-after']);
  return {
    kind: 'answered',
    status: response.statusCode ?? 0,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(keepBytes !== undefined && { mediaType: mediaTypeOf(response), body: Buffer.concat(kept).subarray(0, most), isCut: bytes > most }),
  };
}

/** As it stands, or `application/octet-stream`. */
function mediaTypeOf({ headers }: IncomingMessage): string {
  const given = headers['content-type'] ?? '';
  return /^[\x20-\x7e]{3,200}$/.test(given) ? given : 'application/octet-stream';
}

/** Seconds or a date (RFC 9110). */
function retryAfterOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now());
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'The connection was refused.',
  ECONNRESET: 'The connection broke.',
  EPIPE: 'The connection broke.',
  ENOTFOUND: 'The host name is not known.',
  EAI_AGAIN: 'The host name could not be resolved.',
  EHOSTUNREACH: 'The host cannot be reached.',
  ENETUNREACH: 'The host cannot be reached.',
  ETIMEDOUT: 'The connection timed out.',
};

function failureOf(error: unknown): string {
  const { code } = error as { code?: string };
  if (code === undefined) return 'The request failed.';
  if (Object.hasOwn(REASONS, code)) return REASONS[code]!;
  if (code.startsWith('HPE_')) return 'The answer is not valid HTTP.';
  return /CERT|TLS|SSL|SIGNED|ALTNAME/.test(code) ? `TLS failed: ${code}.` : `The request failed: ${code}.`;
}
