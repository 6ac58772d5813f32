import type { PayloadChecks } from '../../domain/payload-check.ts';
import type { JobStore } from '../../ports/job-store.ts';
import type { OutputStore } from '../../ports/output-store.ts';
import type { ScheduleStore } from '../../ports/schedule-store.ts';
import type { TickCalendar } from '../../ports/tick-calendar.ts';
import type { JobSubmitter } from '../submit-job.ts';

/** What user schedules work with. */
export interface ScheduleDeps {
  readonly schedules: ScheduleStore;
  readonly store: Pick<JobStore, 'read' | 'serverTime'>;
  readonly outputs: Pick<OutputStore, 'readUpload'>;
  readonly submitter: Pick<JobSubmitter, 'submitMany'>;
  readonly types: PayloadChecks;
  readonly calendar: TickCalendar;
  /** SHA-256, hex, of a value as JSON with sorted keys. */
  fingerprint(value: unknown): string;
}
