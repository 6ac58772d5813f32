import type { Collection, Db } from 'mongodb';
import type { QueueReport } from '../domain/watermark.ts';
import type { OutputFile } from '../ports/output-store.ts';
import type { JobDocument, PayloadDocument } from './job-document.ts';

/** The last report of a consumer of a queue (shared/domain/watermark.ts). */
export interface QueueReportDocument extends QueueReport {
  /** `queue|consumer`. */
  readonly _id: string;
}

/** What one claim of a stage produced. */
export interface OutputDocument {
  /** `job/stage/claim`. */
  readonly _id: string;
  readonly jobId: string;
  readonly stage: number;
  readonly claim: string;
  readonly files: readonly OutputFile[];
  /** JSON: as text, its keys mean nothing. */
  readonly summary?: string;
  /** When the sweep has to look at it next. */
  readonly sweepAt: Date;
}

/** An upload. */
export interface UploadDocument {
  readonly _id: string;
  readonly tenant: string;
  readonly name: string;
  readonly mediaType: string;
  readonly originalName?: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly ref: string;
  readonly createdAt: Date;
  readonly expireAt: Date;
}

/** A file that was begun; removed when it is complete. What stays is swept with its chunks. */
export interface OpenFileDocument {
  /** Id of the file. */
  readonly _id: string;
  readonly sweepAt: Date;
}

/** Names of all collections. Files and their chunks: GridFS bucket `files`. */
export const COLLECTIONS = {
  jobs: 'jobs',
  payloads: 'payloads',
  queueReports: 'queue_reports',
  outputs: 'outputs',
  uploads: 'uploads',
  openFiles: 'files.open',
  apiKeys: 'api_keys',
  audit: 'audit',
  rateBuckets: 'rate_buckets',
  replays: 'replays',
  replayItems: 'replay_items',
  letterGroups: 'letter_groups',
  eventNotes: 'event_notes',
  jobEdits: 'job_edits',
  controls: 'controls',
  workers: 'workers',
  schedules: 'schedules',
  scheduleTicks: 'schedule_ticks',
  signingKeys: 'signing_keys',
  deliveries: 'deliveries',
  limitPlaces: 'limit_places',
  retention: 'retention',
  batchRules: 'batch_rules',
  batchRuns: 'batch_runs',
  batchItems: 'batch_items',
  statistics: 'statistics',
  rerunRules: 'rerun_rules',
  releaseLines: 'release_lines',
  wakes: 'wakes',
} as const;

export const FILE_BUCKET = 'files';

/** Write concerns: what must be durable, and what may be rolled back by a fail-over (docs/protocol.md, Settings). */
export const DURABLE = { w: 'majority' } as const;
export const LAZY = { w: 1 } as const;

export interface Collections {
  readonly jobs: Collection<JobDocument>;
  readonly payloads: Collection<PayloadDocument>;
  readonly queueReports: Collection<QueueReportDocument>;
  readonly outputs: Collection<OutputDocument>;
  readonly uploads: Collection<UploadDocument>;
  readonly openFiles: Collection<OpenFileDocument>;
}

/** The collections of a database, writing with `w: majority` unless told otherwise. */
export function collectionsOf(db: Db): Collections {
  const options = { writeConcern: DURABLE };
  return {
    jobs: db.collection(COLLECTIONS.jobs, options),
    payloads: db.collection(COLLECTIONS.payloads, options),
    queueReports: db.collection(COLLECTIONS.queueReports, options),
    outputs: db.collection(COLLECTIONS.outputs, options),
    uploads: db.collection(COLLECTIONS.uploads, options),
    openFiles: db.collection(COLLECTIONS.openFiles, options),
  };
}
