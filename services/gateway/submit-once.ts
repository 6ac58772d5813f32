import type { SubmitRequest, SubmitResult } from '../../shared/jobs/submit-job.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { Problem } from './problems.ts';
import { checkMoments, checkUpload } from './submission.ts';

/** What was answered to the same request before. Asked only for one that would be refused now: all others pay nothing for it. */
async function earlierResult(
  { store, guard }: GatewayDeps,
  { tenant, idemKey, reqHash }: SubmitRequest,
): Promise<SubmitResult | undefined> {
  if (idemKey === undefined) return undefined;
  const record = await guard.run(() => store.readByKey(tenant, idemKey));
  return record?.reqHash === reqHash ? { id: record.id, created: false, record } : undefined;
}

/** @returns what stands against a submission now and may not have stood against it before. */
async function whyNotNow(deps: GatewayDeps, job: SubmitRequest): Promise<Problem | undefined> {
  try {
    checkMoments(job, deps.clock.now());
    if (job.uploadId !== undefined) await checkUpload(deps, job.tenant, job.uploadId);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/**
 * Submits a job, or finds the one that an earlier request with its idempotency key made, also when its deadline has
 * passed or its upload was removed since.
 * @throws Problem invalid_request, unknown_upload; what the submitter throws.
 */
export async function submitOnce(deps: GatewayDeps, job: SubmitRequest): Promise<SubmitResult> {
  const problem = await whyNotNow(deps, job);
  if (!problem) return deps.guard.run(() => deps.submitter.submit(job));
  const earlier = await earlierResult(deps, job);
  if (earlier) return earlier;
  throw problem;
}
