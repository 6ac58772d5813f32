import { runSeeds, type SeedFailure, type SeedsResult } from './run-seeds.ts';

/** What a child process is to do: every `step`-th seed from `from` on. */
export interface SeedWork {
  readonly from: number;
  readonly step: number;
  /** How many, at most. */
  readonly count: number;
  /** Date.now() at which it ends. */
  readonly untilMs: number;
  readonly isFaultFree: boolean;
}

export type SeedMessage = { readonly failure: SeedFailure } | { readonly result: SeedsResult };

const { from, step, count, untilMs, isFaultFree } = JSON.parse(process.argv[2] ?? '') as SeedWork;

function* seeds(): Iterable<number> {
  for (let index = 0; index < count; index += 1) yield from + index * step;
}

const tell = (message: SeedMessage, then?: () => void): void => void process.send!(message, undefined, undefined, then);

let isStopped = false;
process.on('message', () => {
  isStopped = true;
});
process.on('disconnect', () => process.exit(1));
// Stacks are dear, and a failing seed is run again with them.
Error.stackTraceLimit = 0;
const result = await runSeeds({
  seeds: seeds(),
  isFaultFree,
  isEnough: () => isStopped || Date.now() >= untilMs,
  onFailure: (failure) => tell({ failure }),
});
tell({ result }, () => process.exit(0));
