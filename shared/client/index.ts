// The one barrel of the repository: what the npm package exports.
export type {
  AcceptedBatchJob,
  AcceptedJob,
  BatchJob,
  BatchResult,
  Delivery,
  ErrorDetail,
  Eta,
  Explanation,
  ExplanationReason,
  Job,
  JobEvent,
  JobFields,
  JobState,
  JobStatus,
  Lane,
  Links,
  Output,
  Problem,
  ProblemError,
  RefusedBatchJob,
  TimelineEvent,
  Upload,
} from './api-types.ts';
export type { JobSource } from './batch-chunks.ts';
export type { CallOptions, JoblineClientOptions, RetrySettings } from './client-options.ts';
export type { Download, DownloadOptions } from './download.ts';
export { JoblineAbortError, JoblineClientError, JoblineNetworkError, JoblineProblem, JoblineTimeoutError } from './errors.ts';
export { JoblineClient, type SubmitOptions } from './jobline-client.ts';
export type { ListOptions } from './list-jobs.ts';
export type { RetryOptions } from './run-again.ts';
export type { Backfill, ListedSchedule, Schedule, ScheduledJob, ScheduleFields, SchedulePreview, Tick } from './schedule-types.ts';
export type { KeyOptions, PreviewOptions, Schedules, TicksOptions } from './schedules.ts';
export type { BatchOptions } from './submit-batch.ts';
export type { UploadBody, UploadOptions } from './upload.ts';
export type { WaitOptions } from './wait-for-end.ts';
export type { WatchOptions } from './watch-job.ts';
