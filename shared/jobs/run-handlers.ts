import type { JobPayload, WorkedJob } from '../domain/job.ts';
import type { JobTypeSpec, Pipelines, StageSpec } from '../domain/pipeline.ts';
import type { StageEnd } from '../domain/stage-end.ts';
import type { OutputStore } from '../ports/output-store.ts';
import type { ClaimedJob, TaskResult, TaskRunner } from '../ports/task-runner.ts';
import type { ClaimDeps, WonClaim } from './claim-bells.ts';
import type { ClaimKeeper, HeldClaim } from './claim-keeper.ts';
import type { Quarantine } from './quarantine.ts';
import { untilStoreAnswers } from './store-patience.ts';
import type { EndTeller } from './tell-ends.ts';
import type { Turns } from './turns/turns.ts';

export interface WorkDeps extends ClaimDeps {
  readonly outputs: OutputStore;
  readonly pipelines: Pipelines;
  readonly runner: TaskRunner;
  readonly keeper: ClaimKeeper;
  readonly quarantine: Quarantine;
  readonly teller: EndTeller;
  /** After how long a job that is not to be worked now is owed again; undefined: it may start. */
  holdBack?(record: WorkedJob): number | undefined;
  /** Keeps to the limits of jobs that have some; absent: there are none. */
  readonly turns?: Turns;
  /** Jobs of a batch from which on the events of their ends are owed by one note. Default: NOTED_FROM. */
  readonly notedFrom?: number;
}

/** A claim under work here. */
export interface Work {
  readonly won: WonClaim;
  readonly held: HeldClaim;
  readonly type: JobTypeSpec;
  readonly stage: StageSpec;
}

export interface Ended {
  readonly work: Work;
  readonly end: StageEnd;
  readonly result?: TaskResult;
}

/** Runs claims through the inline handler of their stage. One that was told to stop before its handler began is not started. */
export async function runInline(deps: WorkDeps, works: readonly Work[]): Promise<readonly Ended[]> {
  const jobs = await claimedJobs(deps, works);
  const starting = jobs.filter(({ stop }) => !stop.isStopped);
  const results = starting.length > 0 ? await deps.runner.runInline(starting, works[0]!.stage) : [];
  let next = 0;
  return works.map((work, index) => endOf(deps, work, starting[next] === jobs[index] ? results[next++]! : NOT_STARTED));
}

/** The longest that a handler may hand a job back for. */
const LONGEST_HOLD_MS = 86_400_000;

/** Why is in the signal. */
const NOT_STARTED: TaskResult = {
  outcome: { kind: 'retry', error: { code: 'handler_stopped', message: 'The handler was not started.', errorClass: 'retry' } },
  files: [],
};

async function claimedJobs(deps: WorkDeps, works: readonly Work[]): Promise<readonly ClaimedJob[]> {
  const apart = works.flatMap(({ won }) => (won.payload ? [] : [won.record.id]));
  const payloads = apart.length === 0 ? undefined : await untilStoreAnswers(deps.clock, deps.closed, () => deps.store.readPayloads(apart));
  return works.map(({ won, held }) => {
    const payload = won.payload ?? payloads?.get(won.record.id) ?? { input: null, options: null };
    return new HeldJob(held, payload, deps.keeper);
  });
}

/** A held claim as a handler's runner sees it. */
class HeldJob implements ClaimedJob {
  readonly record: WorkedJob;
  readonly payload: JobPayload;
  readonly stop: HeldClaim['stop'];
  readonly progress: (fraction: number) => void;

  constructor(held: HeldClaim, payload: JobPayload, keeper: ClaimKeeper) {
    this.record = held.record;
    this.payload = payload;
    this.stop = held.stop;
    this.progress = (fraction) => keeper.report(held, fraction);
  }

  get signal(): AbortSignal {
    return this.stop.signal;
  }
}

/** Runs one claim through its handler, in a child process where `isolate` is set. */
export async function runTask(deps: WorkDeps, work: Work, isolate: boolean): Promise<Ended> {
  const [job] = await claimedJobs(deps, [work]);
  const stopTimer = startTimeout(deps, [work]);
  try {
    if (job!.stop.isStopped) return endOf(deps, work, NOT_STARTED);
    return endOf(deps, work, await deps.runner.runOne(job!, work.stage, isolate));
  } finally {
    stopTimer();
  }
}

/** Aborts the handlers of one stage, started together, at its timeout. @returns a function that calls it off. */
export function startTimeout(deps: WorkDeps, works: readonly Work[]): () => void {
  const calledOff = new AbortController();
  void deps.clock.sleep(works[0]!.stage.timeoutMs, calledOff.signal).then(() => {
    if (calledOff.signal.aborted) return;
    for (const { held } of works) held.stop.stop('timeout');
  });
  // With a reason: the one that abort() makes by itself is an error with its stack.
  return () => calledOff.abort('over');
}

/** Turns what the handler answered, or why it was stopped, into the end of the attempt. */
export function endOf(deps: WorkDeps, work: Work, result: TaskResult): Ended {
  const { outcome } = result;
  if (outcome.kind === 'done') return { work, end: { kind: 'done' }, result };
  switch (work.held.stop.reason) {
    case 'timeout':
      deps.counters.timeouts += 1;
      return { work, end: { kind: 'retry', error: timeoutError(work) } };
    case 'shutdown':
    case 'claim_lost':
      return { work, end: { kind: 'release' } };
    case undefined:
      if (outcome.kind !== 'hold') return { work, end: outcome };
      deps.counters.postponed += 1;
      return { work, end: { kind: 'release', afterMs: Math.min(outcome.afterMs, LONGEST_HOLD_MS) } };
  }
}

function timeoutError({ won, stage }: Work) {
  const message = `Process ${won.record.stage + 1} timed out after ${stage.timeoutMs / 1_000} s.`;
  return { code: 'stage_timeout', message, errorClass: 'timeout' as const, detail: { timeout_ms: stage.timeoutMs } };
}
