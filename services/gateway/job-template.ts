import type { JobTemplate } from '../../shared/domain/schedule/schedule.ts';
import type { BatchRuleRequest } from '../../shared/schema/batch-rule-request.ts';
import type { ScheduleRequest } from '../../shared/schema/schedule-request.ts';

type RuleJob = Extract<BatchRuleRequest['action'], { readonly kind: 'submit' }>['job'];

/** The job that a schedule or a batch rule makes, as its request says. */
export function jobTemplateOf(job: RuleJob | ScheduleRequest['job']): JobTemplate {
  const { type, input, options, lane, max_attempts, tags, deadline_after_seconds } = job;
  const offPeak = 'off_peak' in job ? job.off_peak : undefined;
  return {
    type,
    input,
    lane,
    ...(options !== undefined && { options }),
    ...(max_attempts !== undefined && { maxAttempts: max_attempts }),
    ...(tags && { tags }),
    ...(offPeak !== undefined && { offPeak }),
    ...(deadline_after_seconds !== undefined && { deadlineAfterSeconds: deadline_after_seconds }),
  };
}
