import type { JobRecord, JobState, LogEntry } from './job.ts';
import { LOG_LENGTH } from './transitions.ts';

/** The job at one point of its past. */
export interface HistoryPoint extends Pick<JobRecord, 'state' | 'stage' | 'run' | 'attempt' | 'gen' | 'epoch'> {
  /** The entry of the log that led here, where one did. */
  readonly entry?: LogEntry;
}

const ENDS: Readonly<Record<string, JobState>> = {
  retry: 'RETRY_WAIT',
  lease_lost: 'RETRY_WAIT',
  dead: 'FAILED',
  crash_loop: 'FAILED',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  released: 'QUEUED',
  replayed: 'QUEUED',
  replay_undone: 'FAILED',
};

/** Walks through a job's transitions again, as its record tells of them. */
class Walk {
  readonly points: HistoryPoint[];

  constructor(start: HistoryPoint) {
    this.points = [start];
  }

  get at(): HistoryPoint {
    return this.points.at(-1)!;
  }

  #go(to: Partial<HistoryPoint>): void {
    const { entry: _, ...at } = this.at;
    this.points.push({ ...at, ...to });
  }

  /** The relay took it: its wait is over. */
  take(): void {
    if (this.at.state === 'SCHEDULED' || this.at.state === 'RETRY_WAIT') this.#go({ state: 'QUEUED' });
  }

  claim(): void {
    this.take();
    if (this.at.state !== 'QUEUED') return;
    this.#go({ state: 'RUNNING', epoch: this.at.epoch + 1, attempt: this.at.attempt + 1 });
  }

  /** Stages up to this one were claimed and committed, each at its first try: what failed is in the log. */
  reach(stage: number): void {
    while (this.at.stage < stage) {
      this.claim();
      this.#go({ state: 'QUEUED', stage: this.at.stage + 1, attempt: 0, gen: this.at.gen + 1 });
    }
  }

  complete(): void {
    this.claim();
    this.#go({ state: 'COMPLETED', gen: this.at.gen + 1 });
  }

  /** @param fromBeginning of a replay. */
  enter(entry: LogEntry, fromBeginning: boolean): void {
    const state = ENDS[entry.event];
    if (!state) return;
    this.reach(entry.stage);
    if (entry.claim !== undefined || (entry.event !== 'replayed' && entry.attempt > this.at.attempt)) this.claim();
    const { attempt, run, stage, gen } = this.at;
    const more = {
      released: { attempt: attempt - 1 },
      replayed: { attempt: 0, run: run + 1, stage: fromBeginning ? 0 : stage },
      replay_undone: this.#lastFailure(),
    }[entry.event];
    this.#go({ state, gen: gen + 1, entry, ...more });
  }

  /** What an undo puts back, as far as the log tells. */
  #lastFailure(): Partial<HistoryPoint> {
    const failed = this.points.findLast(({ state }) => state === 'FAILED');
    return failed ? { attempt: failed.attempt, stage: failed.stage } : {};
  }

  /** From the last entry of the log to the present. */
  arrive({ state, stage }: JobRecord): void {
    this.reach(stage);
    if (state === 'RUNNING' && this.at.state !== 'RUNNING') this.claim();
    else if (state === 'QUEUED') this.take();
    else if (state === 'COMPLETED') this.complete();
  }
}

/** Whether a replay of a later stage began at the first one: the stages before were worked again, or are still to be. */
function isFromBeginning({ log, results, stage }: JobRecord, index: number): boolean {
  const { run, stage: at } = log[index]!;
  const next = log[index + 1]?.stage ?? stage;
  const first = results.find((result) => result.stage === 0);
  return next < at || (at > 0 && first?.run === run + 1);
}

function startOf({ runAt, log }: JobRecord): HistoryPoint {
  const [first] = log;
  if (log.length < LOG_LENGTH || !first) {
    return { state: runAt ? 'SCHEDULED' : 'QUEUED', stage: 0, run: 0, attempt: 0, gen: 1, epoch: 0 };
  }
  // What was before the oldest entry kept is not known.
  return {
    state: first.claim === undefined ? 'QUEUED' : 'RUNNING',
    stage: first.stage,
    run: first.run,
    attempt: first.attempt,
    gen: 0,
    epoch: 0,
  };
}

/**
 * What the job went through, oldest first, the present last: from its submission, or as far back as the record tells for
 * certain. It keeps 20 entries of its log; and of a run that was replayed from the beginning it does not always say how far
 * it had come.
 */
export function historyOf(record: JobRecord): readonly HistoryPoint[] {
  const { log, gen, epoch } = record;
  const walk = new Walk(startOf(record));
  for (const [index, entry] of log.entries()) walk.enter(entry, isFromBeginning(record, index));
  walk.arrive(record);
  const { points, at } = walk;
  if (at.gen === gen && at.epoch === epoch) return points;
  const certain = points.slice(
    Math.max(
      0,
      points.findLastIndex(({ entry }) => entry?.event === 'replayed'),
    ),
  );
  const [genOff, epochOff] = [gen - at.gen, epoch - at.epoch];
  return certain.map((point) => ({ ...point, gen: point.gen + genOff, epoch: point.epoch + epochOff }));
}
