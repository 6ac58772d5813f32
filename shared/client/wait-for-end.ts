import { type ApiConnection, type ApiRequest, pathSegment, readJson } from './api-connection.ts';
import type { Job } from './api-types.ts';
import { pause, withDeadline } from './deadline.ts';
import { JoblineTimeoutError } from './errors.ts';
import { retryAfterMsOf } from './retrying.ts';

/** Options of `wait`. */
export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** Of the whole wait. Default 0: none. */
  readonly timeoutMs?: number;
}

/** Where the server's wish cannot be read, as in a browser on another origin. */
const POLL_MS = 1_000;
const NOT_MODIFIED = 304;

/** The request for a job in full. */
export function jobRequest(jobId: string, headers: Readonly<Record<string, string>> = {}): ApiRequest {
  return { method: 'GET', path: `/v1/jobs/${pathSegment('jobId', jobId)}`, headers };
}

interface Look {
  /** Absent: it is as it was. */
  readonly job?: Job;
  readonly tag?: string | undefined;
  readonly againMs: number;
}

async function look(connection: ApiConnection, jobId: string, tag: string | undefined, signal: AbortSignal): Promise<Look> {
  const request = jobRequest(jobId, tag === undefined ? {} : { 'if-none-match': tag });
  return connection.call(
    request,
    async (response) => {
      const againMs = retryAfterMsOf(response.headers) ?? POLL_MS;
      if (response.status === NOT_MODIFIED) return { tag, againMs };
      const job = await readJson<Job>(request)(response);
      return { job, tag: response.headers.get('etag') ?? undefined, againMs };
    },
    { signal },
  );
}

/** Looks at a job as often as the server wishes, until it has ended. @throws JoblineTimeoutError with the job as seen last */
export function waitForEnd(connection: ApiConnection, jobId: string, { signal, timeoutMs = 0 }: WaitOptions): Promise<Job> {
  let seen: Job | undefined;
  const late = () => new JoblineTimeoutError(`The end of job ${jobId}${seen ? `, which is ${seen.status},` : ''}`, timeoutMs, seen);
  return withDeadline({ signal, timeoutMs, late }, async (own) => {
    for (let tag: string | undefined; ; ) {
      const found = await look(connection, jobId, tag, own);
      tag = found.tag;
      seen = found.job ?? seen;
      if (seen?.done) return seen;
      // A little more, so that thousands of waits that began together do not stay together.
      await pause(found.againMs * (1 + Math.random() / 5), own);
    }
  });
}
