import type { JobRecord, JobState } from '../../shared/domain/job.ts';
import type { Violation } from './history-observer.ts';

export interface FinalStateInput {
  /** Ids that the client was answered 202 for. */
  readonly accepted: Iterable<string>;
  /** Every record of the database, after all has come to rest. */
  readonly records: readonly JobRecord[];
  /** Ids that may be in the database though their client never got an answer. Default: none. */
  readonly mayExist?: (id: string) => boolean;
  /** States that the job may have ended in. Default: COMPLETED alone. */
  readonly expected?: (record: JobRecord) => readonly JobState[];
  /** Stages of the job's type. */
  readonly stagesOf: (record: JobRecord) => number;
}

/** What became of the accepted jobs. */
export interface FinalState {
  readonly accepted: number;
  readonly counts: Readonly<Record<JobState, number>>;
  /** Accepted jobs that are not in the database, or have not ended. */
  readonly lost: number;
  readonly violations: readonly Violation[];
}

const ENDED: readonly JobState[] = ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'];

/** Accepted by the client == in the database == ended, each as it should have, owing nothing. */
export function checkFinalState(input: FinalStateInput): FinalState {
  const accepted = new Set(input.accepted);
  const records = new Map(input.records.map((record) => [record.id, record]));
  const violations: Violation[] = [];
  const counts = { SCHEDULED: 0, QUEUED: 0, RUNNING: 0, RETRY_WAIT: 0, COMPLETED: 0, FAILED: 0, CANCELED: 0, EXPIRED: 0 };
  let lost = 0;
  for (const id of accepted) {
    const record = records.get(id);
    if (record) counts[record.state] += 1;
    if (record && ENDED.includes(record.state)) continue;
    lost += 1;
    violations.push({ rule: 'final: an accepted job ends', jobId: id, detail: record ? describe(record) : 'is not in the database' });
  }
  for (const record of input.records) {
    const report = (rule: string) => violations.push({ rule: `final: ${rule}`, jobId: record.id, detail: describe(record) });
    if (!accepted.has(record.id) && !input.mayExist?.(record.id)) report('only accepted jobs are in the database');
    if (!ENDED.includes(record.state)) continue;
    if (!(input.expected?.(record) ?? ['COMPLETED']).includes(record.state)) report('each job ends as it should');
    if (record.pub?.due !== undefined || record.evt?.due !== undefined) report('an ended job comes to owe nothing');
    if (!hasItsResults(record, input.stagesOf(record))) report('results are those of the stages done, each once');
  }
  return { accepted: accepted.size, counts, lost, violations };
}

/** A completed job has one result of each stage, in order; another has those of the stages before the one it ended in. */
function hasItsResults({ state, stage, results }: JobRecord, stages: number): boolean {
  const wanted = state === 'COMPLETED' ? stages : stage;
  return results.length === wanted && results.every((result, index) => result.stage === index);
}

function describe({ state, stage, run, gen, attempt, crashes, pub, evt, err, results }: JobRecord): string {
  return JSON.stringify({ state, stage, run, gen, attempt, crashes, pub, evt, code: err?.code, results: results.map((one) => one.stage) });
}
