import { ApiConnection, type ApiRequest, pathSegment, readJson } from './api-connection.ts';
import type {
  AcceptedJob,
  BatchResult,
  Delivery,
  Explanation,
  Job,
  JobEvent,
  JobFields,
  JobState,
  Output,
  TimelineEvent,
  Upload,
} from './api-types.ts';
import type { JobSource } from './batch-chunks.ts';
import { type CallOptions, checkWhole, type JoblineClientOptions, settingsOf } from './client-options.ts';
import { removeJob } from './delete-job.ts';
import { type Download, type DownloadOptions, startDownload } from './download.ts';
import { keyHeader, newKey } from './idempotency-key.ts';
import { type ListOptions, listJobs } from './list-jobs.ts';
import { type RetryOptions, runAgain } from './run-again.ts';
import { Schedules } from './schedules.ts';
import { type BatchOptions, submitAll } from './submit-batch.ts';
import { sendUpload, type UploadBody, type UploadOptions } from './upload.ts';
import { jobRequest, type WaitOptions, waitForEnd } from './wait-for-end.ts';
import { type WatchOptions, watchJob } from './watch-job.ts';

/** Options of `submit`: what the job may say, and what ends the call. */
export interface SubmitOptions extends JobFields, CallOptions {}

/**
 * A client of Jobline's HTTP API, for Node and browsers. Whatever it sends, it repeats after network errors, timeouts and the
 * answers 429, 502, 503 and 504, and never so that a job is there twice. Its methods fail with a JoblineClientError.
 */
export class JoblineClient {
  /** Jobs by cron expression or interval. */
  readonly schedules: Schedules;
  readonly #connection: ApiConnection;

  /** Connects to nothing yet. @throws TypeError for options that cannot be right */
  constructor(options: JoblineClientOptions) {
    this.#connection = new ApiConnection(settingsOf(options));
    this.schedules = new Schedules(this.#connection);
  }

  /** Submits a job. Resolves when it is stored durably; every repeat has the same idempotency key. */
  async submit(type: string, input: unknown, options: SubmitOptions = {}): Promise<AcceptedJob> {
    const { signal, idempotency_key: key = newKey(), ...fields } = options;
    const request: ApiRequest = {
      method: 'POST',
      path: '/v1/jobs',
      headers: { 'content-type': 'application/json', ...keyHeader(key) },
      body: JSON.stringify({ type, input, ...fields }),
    };
    const read = async (response: Response): Promise<AcceptedJob> => {
      const accepted = await readJson<AcceptedJob>(request)(response);
      return response.headers.get('idempotent-replayed') === 'true' ? { ...accepted, replayed: true } : accepted;
    };
    return this.#connection.call(request, read, { signal });
  }

  /**
   * Submits many jobs, a result for each, in order. Nothing is sent before the first result is asked for, and no more than
   * `requestsInFlight` requests ahead of what is read. Of jobs that were not accepted, those that may be are sent again.
   */
  submitBatch(jobs: JobSource, options: BatchOptions = {}): AsyncGenerator<BatchResult, void> {
    return submitAll(this.#connection, jobs, options);
  }

  /** The job as it is now. */
  async get(jobId: string, { signal }: CallOptions = {}): Promise<Job> {
    const request = jobRequest(jobId);
    return this.#connection.call(request, readJson<Job>(request), { signal });
  }

  /** Where the job is now, with its place in the queue and its expected end. */
  async status(jobId: string, { signal }: CallOptions = {}): Promise<JobState> {
    return this.#get(`${jobRequest(jobId).path}/status`, signal);
  }

  /** Why the job is where it is, and what happens next. */
  async explain(jobId: string, { signal }: CallOptions = {}): Promise<Explanation> {
    return this.#get(`${jobRequest(jobId).path}/explain`, signal);
  }

  /** What happened to the job, oldest first. */
  async timeline(jobId: string, { signal }: CallOptions = {}): Promise<readonly TimelineEvent[]> {
    const { events } = await this.#get<{ events: TimelineEvent[] }>(`${jobRequest(jobId).path}/timeline`, signal);
    return events;
  }

  /** What became of telling the job's callback. */
  async deliveries(jobId: string, { signal }: CallOptions = {}): Promise<readonly Delivery[]> {
    const { deliveries } = await this.#get<{ deliveries: Delivery[] }>(`${jobRequest(jobId).path}/deliveries`, signal);
    return deliveries;
  }

  /** Jobs, newest first; the pages behind it are asked for as they are read. */
  list(options: ListOptions = {}): AsyncGenerator<Job, void> {
    return listJobs(this.#connection, options);
  }

  /**
   * Where the job is, then every step of it until it has ended. A connection that breaks is made again, and goes on after the
   * last event, without gap or repeat. Leaving the loop closes it.
   */
  watch(jobId: string, options: WatchOptions = {}): AsyncGenerator<JobEvent, void> {
    return watchJob(this.#connection, jobId, options);
  }

  /** Removes a job that has ended, with its files. @throws JoblineProblem job_conflict while it has not */
  async delete(jobId: string, { signal }: CallOptions = {}): Promise<void> {
    return removeJob(this.#connection, jobId, { signal });
  }

  /** Resolves with the job once it has ended, in whatever way: see its `status`. Asks as often as the server wishes. */
  async wait(jobId: string, options: WaitOptions = {}): Promise<Job> {
    checkWhole('timeoutMs', options.timeoutMs ?? 0, 0);
    return waitForEnd(this.#connection, jobId, options);
  }

  /** Cancels a job that has not ended; again: the same answer. @throws JoblineProblem job_conflict when it has ended otherwise */
  async cancel(jobId: string, { signal }: CallOptions = {}): Promise<AcceptedJob> {
    const request: ApiRequest = { method: 'POST', path: `${jobRequest(jobId).path}/cancel` };
    return this.#connection.call(request, readJson<AcceptedJob>(request), { signal });
  }

  /** Runs an ended job again, once. @throws JoblineProblem retry_not_available, job_conflict */
  async retry(jobId: string, options: RetryOptions = {}): Promise<AcceptedJob> {
    return runAgain(this.#connection, jobId, options);
  }

  /** The files that the job has made so far. */
  async outputs(jobId: string, { signal }: CallOptions = {}): Promise<readonly Output[]> {
    const request: ApiRequest = { method: 'GET', path: `/v1/jobs/${pathSegment('jobId', jobId)}/outputs` };
    const { outputs } = await this.#connection.call(request, readJson<{ outputs: Output[] }>(request), { signal });
    return outputs;
  }

  /** Resolves when the file is coming. One that is cut off goes on where it was, or its body ends with an error. */
  async download(jobId: string, name: string, options: DownloadOptions = {}): Promise<Download> {
    return startDownload(this.#connection, jobId, name, options);
  }

  /** Stores a file, to be named in the input of jobs by its `upload_id`. */
  async upload(body: UploadBody, options: UploadOptions = {}): Promise<Upload> {
    return sendUpload(this.#connection, body, options);
  }

  async #get<T>(path: string, signal: AbortSignal | undefined): Promise<T> {
    const request: ApiRequest = { method: 'GET', path };
    return this.#connection.call(request, readJson<T>(request), { signal });
  }
}
