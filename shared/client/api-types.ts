/** Where a job waits: express goes before standard, standard before bulk. */
export type Lane = 'express' | 'standard' | 'bulk';

/** What a job may say beside its type and input. Names are those of the HTTP API. */
export interface JobFields {
  /** How the job works on its input; its form depends on the type. */
  readonly options?: unknown;
  /** Default: standard, of a batch bulk. */
  readonly lane?: Lane;
  /** Not before this moment, at most 366 days ahead. A string is RFC 3339 with a zone. */
  readonly run_at?: string | Date;
  /** A job that has not ended by then is EXPIRED. */
  readonly deadline_at?: string | Date;
  /** It waits for an off-peak window, unless its deadline says otherwise; a name: for that window. Default: as its type does. */
  readonly off_peak?: boolean | string;
  /** Attempts of each stage, 1 to 25. Default: the job type's own. */
  readonly max_attempts?: number;
  /** What to find the job by: 1 to 20, each of 1 to 64 letters, digits and `. _ : / -`. */
  readonly tags?: readonly string[];
  /** Of the jobs with this key (1 to 100 letters, digits and `. _ : / -`) at most `limit` (1) run at once; the others wait their turn. */
  readonly concurrency?: { readonly key: string; readonly limit?: number };
  /** Whom to tell of the end of the job. */
  readonly callback?: Callback;
  /** 1 to 255 printable ASCII characters. Default: one of the client's own for each submission. */
  readonly idempotency_key?: string;
}

/** How an off-peak job waits. */
export interface OffPeak {
  /** The window that it names. */
  readonly window?: string;
  /** The run_at of its request; its own is the moment of its release. */
  readonly not_before?: string;
  /** From then on it may start outside its window, for its deadline. */
  readonly start_by?: string;
}

/** An https URL of a public host that is posted to when the job has ended. */
export interface Callback {
  readonly url: string;
  /** Default: all. */
  readonly events?: readonly ('completed' | 'failed' | 'canceled' | 'expired')[];
}

/** One job of a batch. */
export interface BatchJob extends JobFields {
  readonly type: string;
  readonly input: unknown;
}

/** Relation to path, relative to the API. */
export type Links = Readonly<Record<string, string>>;

/** SCHEDULED, QUEUED, PROCESS_n_RUNNING, PROCESS_n_DONE, RETRYING, COMPLETED, FAILED, CANCELED or EXPIRED. */
export type JobStatus =
  | 'SCHEDULED'
  | 'QUEUED'
  | `PROCESS_${number}_RUNNING`
  | `PROCESS_${number}_DONE`
  | 'RETRYING'
  | 'COMPLETED'
  | 'FAILED'
  | 'CANCELED'
  | 'EXPIRED';

/** Answer to a submission, a cancel and a retry. */
export interface AcceptedJob {
  readonly job_id: string;
  readonly status: JobStatus;
  readonly links: Links;
  /** The idempotency key had this job already. */
  readonly replayed?: true;
}

/** What is wrong where: a JSON pointer into the body, or the name of a query parameter. */
export interface ProblemError {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

/** A problem document (RFC 9457). Some codes have members of their own, such as `max_bytes`. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly instance?: string;
  /** Stable, one of docs/errors.md. */
  readonly code: string;
  /** Name it when you ask for help: the logs carry it too. */
  readonly trace_id: string;
  readonly errors?: readonly ProblemError[];
  readonly [member: string]: unknown;
}

interface BatchResultFields {
  /** Position of the job in the batch, from 0. */
  readonly index: number;
  /** The job's own key, or the one that the client gave it. */
  readonly idempotency_key: string;
}

/** A job of a batch that is stored. */
export interface AcceptedBatchJob extends BatchResultFields {
  readonly status: 202;
  readonly job_id: string;
  /** The key had this job already: from an earlier batch, an earlier job, or an attempt of this batch whose answer was lost. */
  readonly replayed?: true;
  readonly error?: never;
}

/** A job of a batch that was not accepted, and why. */
export interface RefusedBatchJob extends BatchResultFields {
  /** As a single submission would have been answered, from 400. */
  readonly status: number;
  readonly job_id?: never;
  readonly error: Problem;
  /** Seconds; with 503, which is left when the retries have run out. */
  readonly retry_after?: number;
}

/** What became of one job of a batch: `error` tells which. */
export type BatchResult = AcceptedBatchJob | RefusedBatchJob;

/** Why a job failed, as a problem object. */
export interface ErrorDetail {
  readonly type: string;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly error_class: 'retry' | 'reject' | 'timeout' | 'crash';
  readonly [member: string]: unknown;
}

/** One downloadable file. */
export interface Output {
  readonly name: string;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly sha256: string;
  /** Stage that made it. */
  readonly stage: string;
  readonly href: string;
  /** In the list of outputs: a signed link that opens the file without an API key until it expires. */
  readonly download?: { readonly href: string; readonly expires_at: string };
}

/** When a job will probably have ended: half of all jobs by `p50`, nine of ten by `p90`. */
export interface Eta {
  readonly p50: string;
  readonly p90: string;
}

/** Where a job is: what a status and an event tell. */
export interface JobState {
  readonly job_id: string;
  readonly status: JobStatus;
  /** 0 to 100. */
  readonly progress: number;
  /** What went wrong, as a sentence. */
  readonly error?: string;
  readonly error_detail?: ErrorDetail;
  /** With FAILED: whether `retry` can help. */
  readonly retry_available?: boolean;
  readonly attempt?: number;
  readonly next_attempt_at?: string;
  /** From 1, while it waits for a worker. */
  readonly queue_position?: number;
  readonly eta?: Eta;
}

/** One step of a job. */
export interface JobEvent extends JobState {
  /** To go on from: `watch(jobId, { after })`. */
  readonly event_id: string;
}

/** One line of a job's history. */
export interface TimelineEvent {
  readonly at: string;
  readonly event: string;
  readonly stage?: string;
  readonly attempt?: number;
  readonly run?: number;
  readonly code?: string;
  readonly message?: string;
}

/** One reason why a job is where it is. */
export interface ExplanationReason {
  /** Stable; more may come. */
  readonly code: string;
  readonly message: string;
  readonly since?: string;
  readonly until?: string;
  /** Figures and names behind the message. */
  readonly evidence?: Readonly<Record<string, unknown>>;
}

/** What became of telling a callback of the end of a job. */
export interface Delivery {
  /** The webhook-id, the same at every attempt. */
  readonly delivery_id: string;
  readonly event: 'completed' | 'failed' | 'canceled' | 'expired';
  readonly url: string;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  /** Why it is dead. */
  readonly reason?: string;
  readonly created_at: string;
  readonly next_attempt_at?: string;
  readonly ended_at?: string;
  /** The last attempts, oldest first. */
  readonly log: readonly { readonly at: string; readonly took_ms: number; readonly status?: number; readonly reason?: string }[];
}

/** Why a job is where it is, and what happens next. */
export interface Explanation {
  readonly job_id: string;
  readonly status: JobStatus;
  /** The database's clock. */
  readonly as_of: string;
  /** The message of the first reason. */
  readonly summary: string;
  /** The most important first. */
  readonly reasons: readonly ExplanationReason[];
  readonly next: string;
  readonly eta?: Eta;
}

/** A job in full. Times are RFC 3339, UTC. */
export interface Job {
  readonly job_id: string;
  readonly type: string;
  readonly lane: Lane;
  /** True once the job has ended, in whatever way. */
  readonly done: boolean;
  readonly status: JobStatus;
  /** 0 to 100. */
  readonly progress: number;
  /** What went wrong, as a sentence. */
  readonly error?: string;
  readonly error_detail?: ErrorDetail;
  /** With FAILED: whether `retry` can help. */
  readonly retry_available?: boolean;
  readonly attempt?: number;
  readonly next_attempt_at?: string;
  /** Stage that the job is at, or was at last. */
  readonly stage: string;
  /** Times it was run again. */
  readonly run: number;
  readonly upload_id?: string;
  readonly tags?: readonly string[];
  readonly concurrency?: { readonly key: string; readonly limit: number };
  readonly callback?: Callback;
  readonly created_at: string;
  readonly run_at?: string;
  readonly deadline_at?: string;
  readonly off_peak?: OffPeak;
  readonly done_at?: string;
  /** When the job and its outputs are removed. */
  readonly expire_at?: string;
  /** What a rule of retention has removed of it already, and when. */
  readonly removed?: { readonly payload?: string; readonly outputs?: string; readonly timeline?: string };
  readonly results: readonly {
    readonly stage: string;
    readonly run: number;
    readonly started_at?: string;
    readonly committed_at: string;
  }[];
  /** Once it is COMPLETED. */
  readonly outputs?: readonly Output[];
  readonly links: Links;
}

/** A stored file, to be named as `upload_id` in the input of a job. */
export interface Upload {
  readonly upload_id: string;
  readonly filename?: string;
  readonly media_type: string;
  readonly size_bytes: number;
  readonly sha256: string;
  readonly created_at: string;
  readonly expire_at: string;
  readonly links: Links;
}
