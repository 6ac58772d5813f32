import { createHmac, timingSafeEqual } from 'node:crypto';
import type { JobRecord } from '../../../shared/domain/job.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { JobStore } from '../../../shared/ports/job-store.ts';
import type { SigningKey, SigningKeys } from '../../../shared/ports/signing-keys.ts';
import { Problem } from '../problems.ts';

export interface OutputLinksOptions {
  readonly keys: SigningKeys;
  readonly clock: Pick<Clock, 'now'>;
  readonly ttlMinutes: number;
}

/** The file that a link opens, and no other. */
export interface LinkedOutput {
  readonly tenant: string;
  readonly jobId: string;
  readonly stage: string;
  readonly name: string;
}

/** What a link says of itself, as it came. */
export interface PresentedLink extends Omit<LinkedOutput, 'tenant'> {
  readonly expires: string;
  readonly kid: string;
  readonly signature: string;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const SECONDS = /^[1-9]\d{0,10}$/;
/** HMAC-SHA256 as base64url. */
const SIGNATURE = /^[A-Za-z0-9_-]{43}$/;

/** Makes and checks links that open one output without an API key until they expire (docs/callbacks.md#download-links). */
export class OutputLinks {
  readonly #options: OutputLinksOptions;

  constructor(options: OutputLinksOptions) {
    this.#options = options;
  }

  /** A new link. It outlives no job. @throws StoreUnavailableError. */
  async make(output: LinkedOutput, jobExpireAt?: Date): Promise<{ readonly href: string; readonly expireAt: Date }> {
    const { keys, clock, ttlMinutes } = this.#options;
    const [key] = await keys.list();
    const untilMs = Math.min(clock.now().getTime() + ttlMinutes * 60_000, jobExpireAt?.getTime() ?? Number.POSITIVE_INFINITY);
    const expires = String(Math.floor(untilMs / 1_000));
    const query = new URLSearchParams({ stage: output.stage, expires, kid: key!.kid, signature: signatureOf(key!, output, expires) });
    const href = `/v1/downloads/${output.jobId}/${encodeURIComponent(output.name)}?${query}`;
    return { href, expireAt: new Date(Number(expires) * 1_000) };
  }

  /**
   * The job whose output the link opens. Whatever is wrong, an unknown job among it, is answered alike.
   * @throws Problem invalid_link, link_expired, and StoreUnavailableError.
   */
  async recordOf(store: Pick<JobStore, 'read'>, link: PresentedLink): Promise<JobRecord> {
    const { jobId, expires, kid, signature } = link;
    const { keys, clock } = this.#options;
    const key = (await keys.list()).find((one) => one.kid === kid);
    if (!key || !UUID.test(jobId) || !SECONDS.test(expires) || !SIGNATURE.test(signature)) throw new Problem('invalid_link');
    const [record] = await store.read([jobId], 'local');
    const expected = signatureOf(key, { ...link, tenant: record?.tenant ?? '' }, expires);
    // An odd bit at the end of base64url decodes to the same bytes: the text is what is compared.
    if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature)) || !record) throw new Problem('invalid_link');
    if (Number(expires) * 1_000 <= clock.now().getTime()) throw new Problem('link_expired');
    return record;
  }
}

/** Over every part, each with its length known: no two outputs have the same text. */
function signatureOf({ secret }: SigningKey, { tenant, jobId, stage, name }: LinkedOutput, expires: string): string {
  const key = createHmac('sha256', secret).update('jobline download link v1').digest();
  return createHmac('sha256', key)
    .update(JSON.stringify([tenant, jobId, stage, name, expires]))
    .digest('base64url');
}
