import { unknownPlaceholders } from '../../shared/domain/schedule/job-template.ts';
import type { ScheduleSpec, Timing } from '../../shared/domain/schedule/schedule.ts';
import type { ScheduleDeps } from '../../shared/jobs/schedules/schedule-deps.ts';
import { tickRequest } from '../../shared/jobs/schedules/tick-request.ts';
import type { ScheduleRequest } from '../../shared/schema/schedule-request.ts';
import { cronExpressionOf } from './cron-expression.ts';
import { jobTemplateOf } from './job-template.ts';
import { invalidRequest } from './query.ts';

/** What a request is checked against. */
export interface SpecFacts {
  readonly id: string;
  readonly tenant: string;
  readonly now: Date;
  /** Where an interval without start_at counts from. */
  readonly anchorAt: Date;
}

/**
 * The spec that a request asks for. Its job is checked as the job of a tick will be, with the placeholders filled in.
 * @throws Problem invalid_request; StoreUnavailableError.
 */
export async function scheduleSpecOf(deps: ScheduleDeps, request: ScheduleRequest, facts: SpecFacts): Promise<ScheduleSpec> {
  const { name, job, catch_up, overlap, start_at, end_at } = request;
  const spec: ScheduleSpec = {
    name,
    timing: timingOf(deps, request, facts),
    job: jobTemplateOf(job),
    catchUp: { policy: catch_up.policy, max: catch_up.max, graceSeconds: catch_up.grace_seconds },
    overlap,
    ...(start_at !== undefined && { startAt: new Date(start_at) }),
    ...(end_at !== undefined && { endAt: new Date(end_at) }),
  };
  const [unknown] = unknownPlaceholders(spec.job);
  if (unknown !== undefined)
    throw invalidRequest([{ pointer: '/job', detail: `has the placeholder {{${unknown.slice(0, 50)}}}, which is not known` }]);
  const made = await tickRequest(deps, { ...facts, spec }, { id: 'check', at: facts.now, kind: 'scheduled' });
  if (!made.ok) throw invalidRequest(made.problems.map(({ pointer, detail }) => ({ pointer: `/job${pointer}`, detail })));
  return spec;
}

function timingOf({ calendar }: ScheduleDeps, request: ScheduleRequest, { anchorAt }: SpecFacts): Timing {
  const { cron, interval_seconds: everySeconds, time_zone: timeZone, start_at } = request;
  if (cron === undefined)
    return { kind: 'interval', everySeconds: everySeconds!, anchorAt: start_at ? new Date(start_at) : anchorAt, timeZone };
  return { kind: 'cron', expression: cronExpressionOf(calendar, cron), timeZone };
}
