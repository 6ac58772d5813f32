/** Of a job's record, read when all was over. */
export interface TruthRecord {
  readonly id: string;
  readonly state: string;
  readonly createdAt: Date;
  readonly doneAt?: Date;
  readonly results: readonly { readonly stage: number; readonly startedAt?: Date; readonly at: Date }[];
  readonly log: readonly { readonly event: string; readonly stage: number; readonly at: Date }[];
}

interface Interval {
  readonly fromMs: number;
  readonly toMs: number;
}

/** When a job waited for a stage, and when the stage ran; with a retry its last attempt. */
function intervalsOf({ createdAt, results, log }: TruthRecord, stage: number): { queued: Interval; running: Interval } | undefined {
  const result = results.find((one) => one.stage === stage);
  if (!result?.startedAt) return undefined;
  const entered = stage === 0 ? createdAt : results.find((one) => one.stage === stage - 1)?.at;
  const failed = log.findLast((one) => one.stage === stage && one.event === 'retry')?.at;
  const startedMs = result.startedAt.getTime();
  const fromMs = (failed ?? entered ?? createdAt).getTime();
  return { queued: { fromMs, toMs: startedMs }, running: { fromMs: startedMs, toMs: result.at.getTime() } };
}

const covers = ({ fromMs, toMs }: Interval, atMs: number) => fromMs <= atMs && atMs < toMs;

/** What was true at any moment of the run, from the times in the records. */
export class RecordTruth {
  readonly #queued: readonly (readonly Interval[])[];
  readonly #running: readonly (readonly Interval[])[];
  readonly #doneMs: readonly number[];

  constructor(records: readonly TruthRecord[], stages: number) {
    const byStage = Array.from({ length: stages }, (_, stage) => records.flatMap((record) => intervalsOf(record, stage) ?? []));
    this.#queued = byStage.map((all) => all.map(({ queued }) => queued));
    this.#running = byStage.map((all) => all.map(({ running }) => running));
    this.#doneMs = records.flatMap(({ doneAt }) => doneAt?.getTime() ?? []).toSorted((a, b) => a - b);
  }

  queued(stage: number, atMs: number): number {
    return this.#queued[stage]!.filter((one) => covers(one, atMs)).length;
  }

  running(stage: number, atMs: number): number {
    return this.#running[stage]!.filter((one) => covers(one, atMs)).length;
  }

  /** How long the job has waited that has waited longest. */
  oldestMs(stage: number, atMs: number): number {
    return this.#queued[stage]!.reduce((oldest, one) => (covers(one, atMs) ? Math.max(oldest, atMs - one.fromMs) : oldest), 0);
  }

  /** How long it took until all that waited had left: what the backlog in seconds foretells. */
  backlogMs(stage: number, atMs: number): number {
    return this.#queued[stage]!.reduce((longest, one) => (covers(one, atMs) ? Math.max(longest, one.toMs - atMs) : longest), 0);
  }

  /** Jobs that ended from one moment to another. */
  done(fromMs: number, toMs: number): number {
    return this.#doneMs.filter((at) => at >= fromMs && at < toMs).length;
  }
}
