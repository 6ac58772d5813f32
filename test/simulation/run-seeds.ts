import type { Violation } from '../oracles/history-observer.ts';
import { drawPlan } from './draw-plan.ts';
import { type RunOptions, runPlan } from './run-plan.ts';

export interface SeedsOptions extends RunOptions {
  readonly seeds: Iterable<number>;
  /** The same jobs and processes, and nothing goes wrong. */
  readonly isFaultFree?: boolean;
  /** Asked before each schedule: true ends the run. */
  readonly isEnough?: () => boolean;
  readonly onFailure?: (failure: SeedFailure) => void;
}

export interface SeedFailure {
  readonly seed: number;
  readonly violations: readonly Violation[];
}

export interface SeedsResult {
  readonly schedules: number;
  readonly failures: readonly SeedFailure[];
  /** Writes of each transition over all schedules: what was exercised. */
  readonly transitions: Readonly<Record<string, number>>;
  readonly longestDrainMs: number;
}

/** A turn of the event loop: rejections that nobody handled are told, and other parts of the process get theirs. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs the schedules of seeds one after the other in this thread. */
export async function runSeeds({ seeds, isFaultFree = false, isEnough, onFailure, ...options }: SeedsOptions): Promise<SeedsResult> {
  const failures: SeedFailure[] = [];
  const transitions: Record<string, number> = {};
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  let schedules = 0;
  let longestDrainMs = 0;
  process.on('unhandledRejection', note);
  try {
    for (const seed of seeds) {
      if (isEnough?.()) break;
      const verdict = await runPlan(drawPlan(seed, { isFaultFree }), options);
      await turn();
      schedules += 1;
      longestDrainMs = Math.max(longestDrainMs, verdict.drainedAfterMs);
      for (const [name, count] of verdict.transitions) transitions[name] = (transitions[name] ?? 0) + count;
      const violations = [...verdict.violations, ...unhandled.splice(0).map(asViolation)];
      if (violations.length === 0) continue;
      failures.push({ seed, violations });
      onFailure?.({ seed, violations });
    }
  } finally {
    process.off('unhandledRejection', note);
  }
  return { schedules, failures, transitions, longestDrainMs };
}

function asViolation(reason: unknown): Violation {
  return {
    rule: 'no rejection is left unhandled',
    jobId: '',
    detail: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
  };
}
