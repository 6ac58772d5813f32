import { type ApiConnection, type ApiRequest, readJson } from './api-connection.ts';
import type { Job } from './api-types.ts';
import { type CallOptions, checkWhole } from './client-options.ts';

/** Options of `list`: all of them must hold for a job. */
export interface ListOptions extends CallOptions {
  /** In the query language of the API, e.g. `tag:nightly error:stage_timeout age:>2h`. */
  readonly q?: string;
  /** A stored state. */
  readonly state?: 'SCHEDULED' | 'QUEUED' | 'RUNNING' | 'RETRY_WAIT' | 'COMPLETED' | 'FAILED' | 'CANCELED' | 'EXPIRED';
  readonly type?: string;
  /** Jobs asked for at once, 1 to 200. Default 50. */
  readonly pageSize?: number;
}

const PAGE_SIZE = 50;
const MOST_A_PAGE = 200;

interface JobPage {
  readonly jobs: readonly Job[];
  readonly next_page_token?: string;
}

/** Yields jobs, newest first; a page is asked for when the one before it has been read. */
export async function* listJobs(connection: ApiConnection, options: ListOptions): AsyncGenerator<Job, void> {
  const { signal, pageSize = PAGE_SIZE, q, state, type } = options;
  const query = new URLSearchParams({ limit: String(checkWhole('pageSize', pageSize, 1, MOST_A_PAGE)) });
  for (const [name, value] of Object.entries({ q, state, type })) if (value !== undefined) query.set(name, value);
  for (;;) {
    const request: ApiRequest = { method: 'GET', path: `/v1/jobs?${query}` };
    const { jobs, next_page_token: next } = await connection.call(request, readJson<JobPage>(request), { signal });
    yield* jobs;
    if (next === undefined) return;
    query.set('page_token', next);
  }
}
