import { expect } from 'chai';
import type { z } from 'zod';
import type {
  AcceptedJob,
  BatchJob,
  Delivery,
  ErrorDetail,
  Explanation,
  Job,
  JobState,
  JobStatus,
  Output,
  Problem,
  TimelineEvent,
  Upload,
} from '../../../../shared/client/api-types.ts';
import type {
  Backfill,
  ListedSchedule,
  Schedule,
  ScheduleFields,
  SchedulePreview,
  Tick,
} from '../../../../shared/client/schedule-types.ts';
import type { deliveryList } from '../../../../shared/schema/callback.ts';
import type { explanation } from '../../../../shared/schema/explanation.ts';
import { batchJob } from '../../../../shared/schema/job-request.ts';
import {
  acceptedJob,
  batchResult,
  jobResource,
  type jobStatus,
  type output,
  type problem,
  type timeline,
  type upload,
} from '../../../../shared/schema/job-responses.ts';
import type {
  backfillAnswer,
  scheduleList,
  schedulePreview,
  scheduleRequest,
  scheduleResource,
  tickResource,
} from '../../../../shared/schema/schedule-request.ts';

/** Fields whose type the client states more closely than a schema can; compared by name only. */
type Closer = 'status' | 'error_detail' | 'errors' | 'run_at' | 'deadline_at' | 'outputs' | 'error' | 'input' | 'reasons';
type Known<T> = { [K in keyof T as string extends K ? never : K extends Closer ? never : K]: T[K] };
type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<Exclude<T[K], undefined>> } : T;
/** `true`, or an error of the compiler: the fields, whether they may be absent, and their types are the same. */
type Same<A, B> =
  (<T>() => T extends Normal<A> ? 1 : 2) extends <T>() => T extends Normal<B> ? 1 : 2 ? true : { readonly differs: [Normal<A>, Normal<B>] };
type Normal<T> = DeepReadonly<Known<T>>;

const same: readonly [
  Same<Job, z.output<typeof jobResource>>,
  Same<Output, z.output<typeof output>>,
  Same<Upload, z.output<typeof upload>>,
  Same<Problem, z.output<typeof problem>>,
  Same<Omit<AcceptedJob, 'replayed'>, z.output<typeof acceptedJob>>,
  Same<BatchJob, z.input<typeof batchJob>>,
  Same<JobState, z.output<typeof jobStatus>>,
  Same<TimelineEvent, z.output<typeof timeline>['events'][number]>,
  Same<Explanation, z.output<typeof explanation>>,
  Same<Delivery, z.output<typeof deliveryList>['deliveries'][number]>,
  Same<Omit<ScheduleFields, 'job'>, Omit<z.input<typeof scheduleRequest>, 'job'>>,
  Same<Omit<ScheduleFields['job'], 'input'>, Omit<z.input<typeof scheduleRequest>['job'], 'input'>>,
  Same<Omit<Schedule, 'job'>, Omit<z.output<typeof scheduleResource>, 'job'>>,
  Same<Omit<ListedSchedule, 'job'>, Omit<z.output<typeof scheduleList>['schedules'][number], 'job'>>,
  Same<Tick, z.output<typeof tickResource>>,
  Same<SchedulePreview, z.output<typeof schedulePreview>>,
  Same<Backfill, z.output<typeof backfillAnswer>>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true, true];

/** Every field of each type; one that is missing or too many does not compile. */
const FIELDS = {
  job: {
    ...{ job_id: 1, type: 1, lane: 1, done: 1, status: 1, progress: 1, error: 1, error_detail: 1, retry_available: 1, attempt: 1 },
    ...{ next_attempt_at: 1, stage: 1, run: 1, upload_id: 1, created_at: 1, run_at: 1, deadline_at: 1, done_at: 1, expire_at: 1 },
    ...{ tags: 1, concurrency: 1, callback: 1, off_peak: 1, results: 1, outputs: 1, links: 1, removed: 1 },
  } satisfies Record<keyof Job, 1>,
  batchJob: {
    ...{
      type: 1,
      input: 1,
      options: 1,
      lane: 1,
      run_at: 1,
      deadline_at: 1,
      max_attempts: 1,
      tags: 1,
      concurrency: 1,
      off_peak: 1,
      callback: 1,
      idempotency_key: 1,
    },
  } satisfies Record<keyof BatchJob, 1>,
};

describe('types of the client', () => {
  it('are those of the schemas that the gateway answers by', () => {
    expect(same.every(Boolean)).to.equal(true);
    expect(Object.keys(FIELDS.job).toSorted()).to.deep.equal(Object.keys(jobResource.shape).toSorted());
    expect(Object.keys(FIELDS.batchJob).toSorted()).to.deep.equal(Object.keys(batchJob.shape).toSorted());
    expect(Object.keys(batchResult.shape).toSorted()).to.deep.equal(['error', 'index', 'job_id', 'replayed', 'retry_after', 'status']);
  });

  it('name every status', () => {
    const all: readonly JobStatus[] = ['SCHEDULED', 'QUEUED', 'PROCESS_1_RUNNING', 'PROCESS_2_DONE', 'RETRYING', 'COMPLETED', 'FAILED'];
    for (const status of [...all, 'CANCELED', 'EXPIRED'] satisfies readonly JobStatus[]) {
      expect(acceptedJob.shape.status.safeParse(status).success, status).to.equal(true);
    }
  });

  it('name every class of errors', () => {
    const classes: Record<ErrorDetail['error_class'], 1> = { retry: 1, reject: 1, timeout: 1, crash: 1 };
    const known = jobResource.shape.error_detail.unwrap().shape.error_class.options;
    expect(Object.keys(classes).toSorted()).to.deep.equal([...known].toSorted());
  });
});
