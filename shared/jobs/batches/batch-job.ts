import { type BatchSpec, ruleTag, runTag } from '../../domain/batches/batch-rule.ts';
import type { BatchRun } from '../../domain/batches/batch-run.ts';
import { filledForJob } from '../../domain/batches/batch-template.ts';
import type { JobPayload, JobRecord } from '../../domain/job.ts';
import type { JobTemplate } from '../../domain/schedule/schedule.ts';
import { tickJobId } from '../../domain/schedule/tick-id.ts';
import type { SubmitRequest } from '../submit-job.ts';
import type { BatchJobDeps } from './batch-deps.ts';

/** The submission that is made of a job, or why there is none. Every repeat gives the same. */
export type MadeRequest =
  | { readonly ok: true; readonly request: SubmitRequest & { readonly id: string } }
  | { readonly ok: false; readonly reason: string };

type RunOfRule = Pick<BatchRun, 'id' | 'of' | 'at'> & { readonly spec: BatchSpec };

/** Fills the template in for a job, and checks it as a submission is checked. @throws StoreUnavailableError. */
export async function batchJob(
  deps: BatchJobDeps,
  run: RunOfRule,
  template: JobTemplate,
  source: { readonly record: Pick<JobRecord, 'id' | 'type' | 'run' | 'createdAt'>; readonly payload: JobPayload | undefined },
): Promise<MadeRequest> {
  const { record, payload } = source;
  const { spec, of: ruleId } = run;
  const facts = { job: record, runId: run.id, at: run.at, timeZone: spec.timing.timeZone, ruleId, ruleName: spec.name };
  const fill = (value: unknown) => filledForJob(value, facts, payload);
  const checked = deps.types.check(template.type, { input: fill(template.input), options: fill(template.options) });
  if (!checked) return { ok: false, reason: `There is no job type ${JSON.stringify(template.type)}.` };
  if (!checked.ok) {
    const problems = checked.problems.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ');
    return { ok: false, reason: `The payload is not valid: ${problems}`.slice(0, 500) };
  }
  const { input, options, uploadId } = checked;
  if (uploadId !== undefined && (await deps.outputs.readUpload(uploadId))?.tenant !== spec.tenant)
    return { ok: false, reason: `There is no upload ${JSON.stringify(uploadId)} (any more).` };
  return {
    ok: true,
    request: { ...requestOf(deps, run, template, record), payload: { input, options }, ...(uploadId !== undefined && { uploadId }) },
  };
}

/** A job is made once of each run of a job by each rule: its id and its key derive from these, whatever night it is. */
function requestOf(
  { fingerprint }: BatchJobDeps,
  run: RunOfRule,
  { type, lane, maxAttempts, tags = [], deadlineAfterSeconds }: JobTemplate,
  record: Pick<JobRecord, 'id' | 'run' | 'createdAt'>,
) {
  const source = { rule: run.of, job: record.id, run: record.run };
  const digest = fingerprint(source);
  return {
    id: tickJobId(record.createdAt, digest),
    tenant: run.spec.tenant,
    type,
    lane,
    idemKey: `batch:${run.of}:${record.id}:${record.run}`,
    reqHash: digest,
    tags: [ruleTag(run.of), runTag(run.id), ...tags],
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...(deadlineAfterSeconds !== undefined && { deadlineAt: new Date(run.at.getTime() + deadlineAfterSeconds * 1_000) }),
  };
}
