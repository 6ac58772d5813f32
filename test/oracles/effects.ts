import type { Violation } from './history-observer.ts';
import type { JobMemory } from './job-memory.ts';

/** What a handler did outside, as the receiver recorded it. */
export interface Effect {
  /** The stable key that the handler was given: `job:stage:run`. */
  readonly key: string;
  readonly jobId: string;
  /** Index of the stage. */
  readonly stage: number;
  readonly run: number;
  /** Receiver's clock, ms. */
  readonly atMs: number;
  readonly epoch?: number;
  readonly claim?: string;
  /** Process that had it. */
  readonly pid?: number;
}

export interface EffectsInput {
  readonly effects: readonly Effect[];
  /** What the observer remembers. */
  readonly jobs: ReadonlyMap<string, JobMemory>;
  /** How long a holder may go on after its job was ended under it, in ms. */
  readonly leaseMs: number;
  /** By how much the receiver's clock may differ from the store's, in ms. Default 0. */
  readonly skewMs?: number;
  /** Whether a committed stage must have had an effect. Default: always. */
  readonly hasEffect?: (jobId: string, stage: number) => boolean;
  /** Whether the stage's handler may run before its claim is written (T3+5). Default: never. */
  readonly mayRunUnclaimed?: (effect: Effect) => boolean;
  /** Whether the process stood still meanwhile, so that nobody could tell it of the end. Default: never. */
  readonly mayBeLate?: (effect: Effect) => boolean;
}

/** Effects outside against the history. */
export interface EffectsVerdict {
  /** Distinct keys. */
  readonly keys: number;
  /** Executions beyond the first of each key. */
  readonly reExecuted: number;
  /** Effects that a receiver would count twice though it drops keys that it has seen. */
  readonly duplicates: number;
  readonly violations: readonly Violation[];
}

const ENDED = ['CANCELED', 'EXPIRED'];

export function checkEffects(input: EffectsInput): EffectsVerdict {
  const { effects, jobs, skewMs = 0 } = input;
  const violations: Violation[] = [];
  const report = (rule: string, jobId: string, detail: string) => violations.push({ rule: `effects: ${rule}`, jobId, detail });
  const keysOfStage = new Map<string, Set<string>>();
  const byStage = new Map<string, Effect[]>();
  for (const effect of effects) {
    const stage = `${effect.jobId} ${effect.stage} ${effect.run}`;
    keysOfStage.set(stage, (keysOfStage.get(stage) ?? new Set()).add(effect.key));
    byStage.set(stage, [...(byStage.get(stage) ?? []), effect]);
    const memory = jobs.get(effect.jobId);
    if (!memory) report('only of jobs in the history', effect.jobId, effect.key);
    else for (const [rule, detail] of problemsOf(effect, memory, input, skewMs)) report(rule, effect.jobId, detail);
  }
  let duplicates = 0;
  for (const [stage, keys] of keysOfStage) {
    duplicates += keys.size - 1;
    if (keys.size > 1) report('one key a stage and run', stage.split(' ')[0]!, [...keys].join(', '));
  }
  const keys = new Set(effects.map(({ key }) => key));
  if (keys.size < keysOfStage.size) {
    duplicates += keysOfStage.size - keys.size;
    report('no key for two stages or runs', '', `${keysOfStage.size} stages of runs, ${keys.size} keys`);
  }
  for (const [id, memory] of jobs) {
    for (const { stage, run, claim } of memory.commits) {
      if (!(input.hasEffect?.(id, stage) ?? true)) continue;
      const here = byStage.get(`${id} ${stage} ${run}`) ?? [];
      const isThere = here.some((effect) => effect.claim === undefined || effect.claim === claim);
      if (!isThere) report('a committed stage had its effect', id, `stage ${stage} of run ${run}, claim ${claim}: ${here.length} others`);
    }
  }
  return { keys: keys.size, reExecuted: effects.length - keys.size, duplicates, violations };
}

/** What is wrong with one effect at its time. */
function problemsOf(effect: Effect, memory: JobMemory, input: EffectsInput, skewMs: number): readonly [string, string][] {
  const { stage, run, atMs, key } = effect;
  const problems: [string, string][] = [];
  const isHere = (one: { stage: number; run: number }): boolean => one.stage === stage && one.run === run;
  const wasBefore = (one: { atMs: number }): boolean => one.atMs <= atMs + skewMs;
  if (!memory.dues.some((due) => isHere(due) && wasBefore(due))) problems.push(['nothing is started before it was due', key]);
  const claims = [...memory.claims, ...memory.rolledBackClaims].filter((one) => isHere(one) && wasBefore(one));
  const isClaimed = claims.some(({ claim }) => effect.claim === undefined || effect.claim === claim);
  if (!isClaimed && !input.mayRunUnclaimed?.(effect)) problems.push(['nothing is started unclaimed', key]);
  const end = memory.turns.find((turn) => ENDED.includes(turn.state) && turn.run === run);
  if (end && atMs > end.atMs + input.leaseMs + skewMs)
    problems.push(['none later than an end and the lease', `${key}, ${atMs - end.atMs} ms`]);
  return problems;
}
