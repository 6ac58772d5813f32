import { appendFileSync } from 'node:fs';
import type { StageTask } from '../../../shared/ports/stage-handler.ts';

/** What a test's input may ask of a handler. */
export interface TestInput {
  /** File to which each execution appends a line: an effect outside that the store knows nothing of. */
  readonly effects?: string;
  /** Milliseconds that a stage waits, by stage name. */
  readonly waitMs?: Readonly<Record<string, number>>;
  /** Stage that misbehaves, and how. */
  readonly poison?: {
    readonly stage: string;
    readonly how: 'throw' | 'reject' | 'exit' | 'loop' | 'heap' | 'buffers' | 'kill-self' | 'kill-worker';
    /** Attempts of a run that misbehave; default all. */
    readonly attempts?: number;
    /** Runs that misbehave, of the first one and its replays; default all. */
    readonly runs?: number;
  };
}

export function inputOf(task: StageTask): TestInput {
  return (task.input ?? {}) as TestInput;
}

/** Appends `started|ended <effect key> <attempt> <pid> <ms>`. */
export function noteEffect(task: StageTask, what: 'started' | 'ended'): void {
  const { effects } = inputOf(task);
  if (effects) appendFileSync(effects, `${what} ${task.effectKey} ${task.job.attempt} ${process.pid} ${Date.now()}\n`);
}
