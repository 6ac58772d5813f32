import type { ApiConnection, ApiRequest } from './api-connection.ts';
import type { CallOptions } from './client-options.ts';
import { JoblineProblem } from './errors.ts';
import { retrying } from './retrying.ts';
import { jobRequest } from './wait-for-end.ts';

/** Removes a job that has ended. That it is not there any more is what a repeat wanted. */
export async function removeJob(connection: ApiConnection, jobId: string, { signal }: CallOptions): Promise<void> {
  const request: ApiRequest = { method: 'DELETE', path: jobRequest(jobId).path };
  await retrying(connection.settings.retry, signal, async (number) => {
    try {
      await connection.attempt(request, async () => undefined, { signal });
    } catch (error) {
      const isGone = number > 1 && error instanceof JoblineProblem && error.code === 'job_not_found';
      if (!isGone) throw error;
    }
  });
}
