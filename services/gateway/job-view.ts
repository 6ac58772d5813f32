import { createHash } from 'node:crypto';
import { type JobRecord, laneAskedFor, type OffPeakTerms } from '../../shared/domain/job.ts';
import { committedOutputKeys } from '../../shared/domain/output-key.ts';
import { defineJobType, type JobTypeSpec, type Pipelines } from '../../shared/domain/pipeline.ts';
import { type JobStatus, statusOf } from '../../shared/domain/status.ts';
import type { OutputFile, OutputStore } from '../../shared/ports/output-store.ts';
import { errorType } from './error-catalogue.ts';

/** Paths of a job and what belongs to it. */
export function jobLinks(id: string): Readonly<Record<string, string>> {
  const self = `/v1/jobs/${id}`;
  return {
    self,
    status: `${self}/status`,
    events: `${self}/events`,
    timeline: `${self}/timeline`,
    explain: `${self}/explain`,
    outputs: `${self}/outputs`,
    cancel: `${self}/cancel`,
    retry: `${self}/retry`,
  };
}

/** The type's spec, or for a type that this gateway does not know (any more) one that fits the record. */
export function specOf(pipelines: Pipelines, record: JobRecord): JobTypeSpec {
  const { type, stage, pipelineVersion } = record;
  if (pipelines.stageAt(record)) return pipelines.typeOf(type, pipelineVersion);
  const stages = Array.from({ length: Math.max(stage + 1, 2) }, (_, index) => ({ name: `p${index + 1}` }));
  return defineJobType(type, stages);
}

/** Whether the upload that the job works on is not stored any more. */
export async function isInputGone(outputs: OutputStore, { uploadId }: JobRecord): Promise<boolean> {
  return uploadId !== undefined && (await outputs.readUpload(uploadId)) === undefined;
}

export interface ViewDeps {
  readonly pipelines: Pipelines;
  readonly outputs: OutputStore;
}

/** The status, with `retryAvailable` false once the upload is gone (docs/http.md: the input must still be stored). */
export async function shownStatus({ pipelines, outputs }: ViewDeps, record: JobRecord, now: Date): Promise<JobStatus> {
  const status = statusOf(record, specOf(pipelines, record), now);
  if (!status.retryAvailable) return status;
  return (await isInputGone(outputs, record)) ? { ...status, retryAvailable: false } : status;
}

/** The fields that /status and the resource share. */
export function statusFields(record: JobRecord, status: JobStatus): Readonly<Record<string, unknown>> {
  const { err } = record;
  const showsError = err !== undefined && (record.state === 'FAILED' || record.state === 'RETRY_WAIT');
  return {
    status: status.status,
    progress: status.progress,
    ...(status.error !== undefined && { error: status.error }),
    ...(showsError && { error_detail: errorDetail(err) }),
    ...(status.retryAvailable !== undefined && { retry_available: status.retryAvailable }),
    ...(status.attempt !== undefined && { attempt: status.attempt }),
    ...(status.nextAttemptAt && { next_attempt_at: status.nextAttemptAt.toISOString() }),
  };
}

function errorDetail(err: NonNullable<JobRecord['err']>): Readonly<Record<string, unknown>> {
  const { type, title } = errorType(err.code);
  return { ...err.detail, type, title, detail: err.message, code: err.code, error_class: err.errorClass };
}

/** Name of a stage of the record's type. */
export function stageName(pipelines: Pipelines, record: JobRecord, stage: number): string {
  return specOf(pipelines, { ...record, stage: Math.max(stage, record.stage) }).stages[stage]!.name;
}

const iso = (date: Date | undefined) => date?.toISOString();

function offPeakFields({ window, notBefore, startBy }: OffPeakTerms) {
  return { window, not_before: iso(notBefore), start_by: iso(startBy) };
}

/** The job as GET /v1/jobs/{id} shows it. */
export function jobResource(pipelines: Pipelines, record: JobRecord, status: JobStatus): Readonly<Record<string, unknown>> {
  return {
    job_id: record.id,
    type: record.type,
    lane: laneAskedFor(record),
    done: record.active !== true,
    ...statusFields(record, status),
    stage: stageName(pipelines, record, record.stage),
    run: record.run,
    upload_id: record.uploadId,
    tags: record.tags,
    concurrency: record.concurrency,
    callback: record.callback,
    created_at: iso(record.createdAt),
    run_at: iso(record.runAt),
    deadline_at: iso(record.deadlineAt),
    off_peak: record.offPeak && offPeakFields(record.offPeak),
    done_at: iso(record.doneAt),
    expire_at: iso(record.expireAt),
    removed: record.removed && {
      payload: iso(record.removed.payload),
      outputs: iso(record.removed.outputs),
      timeline: iso(record.removed.timeline),
    },
    results: record.results.map((result) => ({
      stage: stageName(pipelines, record, result.stage),
      run: result.run,
      started_at: iso(result.startedAt),
      committed_at: iso(result.at),
    })),
    links: { ...jobLinks(record.id), ...(record.callback && { deliveries: `/v1/jobs/${record.id}/deliveries` }) },
  };
}

interface TimelineEvent {
  readonly at: Date;
  readonly event: string;
  readonly stage: number;
  readonly run: number;
  readonly attempt?: number;
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** Of events in the same millisecond the later run, then the later stage, then the later step comes last. */
function byTime(a: TimelineEvent, b: TimelineEvent): number {
  const step = ({ event }: TimelineEvent) => ['created', 'started'].indexOf(event);
  const stepOf = (one: TimelineEvent) => (step(one) < 0 ? 2 : step(one));
  return a.at.getTime() - b.at.getTime() || a.run - b.run || a.stage - b.stage || stepOf(a) - stepOf(b);
}

function eventsOf(record: JobRecord): readonly TimelineEvent[] {
  const { run, stage, state } = record;
  const ended = state.toLowerCase();
  // A cancel and an expiry stand in the log already.
  const isLogged = record.log.at(-1)?.event === ended;
  return [
    { at: record.createdAt, event: 'created', stage: 0, run: 0 },
    ...record.log,
    ...record.results.flatMap((result) => [
      ...(result.startedAt ? [{ at: result.startedAt, event: 'started', stage: result.stage, run: result.run }] : []),
      { at: result.at, event: 'committed', stage: result.stage, run: result.run },
    ]),
    ...(record.startedAt ? [{ at: record.startedAt, event: 'started', stage, run, attempt: record.attempt }] : []),
    ...(record.doneAt && !isLogged ? [{ at: record.doneAt, event: ended, stage, run }] : []),
  ];
}

/** What happened to the job, oldest first: its creation, its log (the last 20 entries), its commits, its end. */
export function jobTimeline(pipelines: Pipelines, record: JobRecord): readonly Readonly<Record<string, unknown>>[] {
  return eventsOf(record)
    .toSorted(byTime)
    .map(({ at, event, stage, run, attempt, code, message }) => ({
      at: at.toISOString(),
      event,
      stage: stageName(pipelines, record, stage),
      run,
      attempt,
      code,
      message,
    }));
}

/** A file that the caller may download. */
export interface UserOutput {
  readonly file: OutputFile;
  readonly stage: string;
}

/** Files of committed stages meant for the caller, in the order of the stages. */
export async function userOutputs({ pipelines, outputs }: ViewDeps, record: JobRecord): Promise<readonly UserOutput[]> {
  if (record.results.length === 0) return [];
  const stored = await outputs.readOutputs(committedOutputKeys(record));
  const byStage = stored.toSorted((a, b) => a.stage - b.stage);
  return byStage.flatMap(({ stage, files }) =>
    files.filter((file) => file.audience === 'user').map((file) => ({ file, stage: stageName(pipelines, record, stage) })),
  );
}

/** A file in the list of outputs. Where two stages made the same name, the link says which. */
export function outputView(id: string, output: UserOutput, all: readonly UserOutput[]): Readonly<Record<string, unknown>> {
  const { file, stage } = output;
  const isAmbiguous = all.filter((other) => other.file.name === file.name).length > 1;
  return {
    name: file.name,
    media_type: file.mediaType,
    size_bytes: file.sizeBytes,
    sha256: file.sha256,
    stage,
    href: `/v1/jobs/${id}/outputs/${encodeURIComponent(file.name)}${isAmbiguous ? `?stage=${encodeURIComponent(stage)}` : ''}`,
  };
}

/** Strong entity tag of a body. */
export function entityTag(body: string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
}
