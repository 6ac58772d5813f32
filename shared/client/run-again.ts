import { type ApiConnection, readJson } from './api-connection.ts';
import type { AcceptedJob, Job } from './api-types.ts';
import type { CallOptions } from './client-options.ts';
import { JoblineProblem } from './errors.ts';
import { retrying } from './retrying.ts';
import { jobRequest } from './wait-for-end.ts';

/** Options of `retry`. */
export interface RetryOptions extends CallOptions {
  /** Where to start. Default: failed_stage. */
  readonly from?: 'failed_stage' | 'beginning';
}

/**
 * Runs an ended job again, once. A repeat of the request could run it twice, so that `run` is looked at before each: it says
 * whether an attempt whose answer was lost has come through.
 */
export async function runAgain(connection: ApiConnection, jobId: string, { from, signal }: RetryOptions): Promise<AcceptedJob> {
  const look = () => connection.call(jobRequest(jobId), readJson<Job>(jobRequest(jobId)), { signal });
  const before = await look();
  const answerIfRun = async (): Promise<AcceptedJob | undefined> => {
    const { job_id, status, links, run } = await look();
    return run > before.run ? { job_id, status, links } : undefined;
  };
  const request = {
    method: 'POST',
    path: `${jobRequest(jobId).path}/retry`,
    ...(from && { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ from }) }),
  } as const;
  return retrying(connection.settings.retry, signal, async (number) => {
    const answer = number > 1 ? await answerIfRun() : undefined;
    if (answer) return answer;
    try {
      return await connection.attempt(request, readJson<AcceptedJob>(request), { signal });
    } catch (error) {
      // The attempt before came through after all, between the look and this one.
      const late = number > 1 && error instanceof JoblineProblem && error.code === 'job_conflict' ? await answerIfRun() : undefined;
      if (late) return late;
      throw error;
    }
  });
}
