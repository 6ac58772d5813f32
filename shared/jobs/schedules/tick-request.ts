import { offPeakChoice } from '../../domain/off-peak/off-peak-wish.ts';
import type { PayloadCheck } from '../../domain/payload-check.ts';
import { filledIn, placeholderValues } from '../../domain/schedule/job-template.ts';
import type { ScheduleSpec, TickRef } from '../../domain/schedule/schedule.ts';
import { tickJobId } from '../../domain/schedule/tick-id.ts';
import type { SubmitRequest } from '../submit-job.ts';
import type { ScheduleDeps } from './schedule-deps.ts';

/** What a tick needs to know of its schedule. */
export interface TickOwner {
  readonly id: string;
  readonly tenant: string;
  readonly spec: ScheduleSpec;
}

/** The submission of a tick, or what is wrong with it. Every repeat gives the same. */
export type TickRequest =
  | { readonly ok: true; readonly request: SubmitRequest & { readonly id: string } }
  | { readonly ok: false; readonly reason: 'unknown_type' | 'invalid_payload' | 'unknown_upload'; readonly problems: Problems };

type Problems = Extract<PayloadCheck, { ok: false }>['problems'];

/** The tag by which the jobs of a schedule are found. */
export const scheduleTag = (id: string): string => `schedule:${id}`;

/** Fills the template in for a tick and checks it as a submission is checked. @throws StoreUnavailableError. */
export async function tickRequest(deps: ScheduleDeps, owner: TickOwner, tick: TickRef): Promise<TickRequest> {
  const { job, name, timing } = owner.spec;
  const values = placeholderValues({ ...tick, timeZone: timing.timeZone, scheduleId: owner.id, scheduleName: name });
  const checked = deps.types.check(job.type, { input: filledIn(job.input, values), options: filledIn(job.options, values) });
  if (!checked) {
    const detail = `is ${JSON.stringify(job.type)}; known types: ${deps.types.names().join(', ')}`;
    return { ok: false, reason: 'unknown_type', problems: [{ pointer: '/type', detail }] };
  }
  if (!checked.ok) return { ok: false, reason: 'invalid_payload', problems: checked.problems };
  const { input, options, uploadId } = checked;
  if (uploadId !== undefined && (await deps.outputs.readUpload(uploadId))?.tenant !== owner.tenant) {
    const detail = `there is no upload ${JSON.stringify(uploadId)} (any more)`;
    return { ok: false, reason: 'unknown_upload', problems: [{ pointer: '/input/upload_id', detail }] };
  }
  return { ok: true, request: requestOf(deps, owner, tick, { input, options, ...(uploadId !== undefined && { uploadId }) }) };
}

interface CheckedPayload {
  readonly input: unknown;
  readonly options: unknown;
  readonly uploadId?: string;
}

function requestOf({ fingerprint }: ScheduleDeps, { id, tenant, spec }: TickOwner, tick: TickRef, checked: CheckedPayload) {
  const { type, lane, maxAttempts, tags = [], offPeak, deadlineAfterSeconds } = spec.job;
  const { input, options, uploadId } = checked;
  const deadlineAt = deadlineAfterSeconds === undefined ? undefined : new Date(tick.at.getTime() + deadlineAfterSeconds * 1_000);
  return {
    id: tickJobId(tick.at, fingerprint(tick.id)),
    tenant,
    type,
    lane,
    payload: { input, options },
    idemKey: tick.id,
    reqHash: fingerprint({ tick: tick.id }),
    tags: [scheduleTag(id), ...tags],
    ...(uploadId !== undefined && { uploadId }),
    ...(maxAttempts !== undefined && { maxAttempts }),
    ...offPeakChoice(offPeak),
    ...(deadlineAt && { deadlineAt }),
  };
}
