import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SeedFailure, SeedsResult } from './run-seeds.ts';
import type { SeedMessage, SeedWork } from './seed-worker.ts';

export interface ProcessesOptions {
  readonly from: number;
  readonly schedules: number;
  readonly seconds: number;
  /** Child processes, from 1. */
  readonly workers: number;
  readonly isFaultFree: boolean;
  readonly isStoppedByFailure: boolean;
}

export interface ProcessesResult extends SeedsResult {
  readonly seconds: number;
}

/** Runs schedules in child processes, one a core. */
export async function runInProcesses(options: ProcessesOptions): Promise<ProcessesResult> {
  const { from, schedules, seconds, workers, isFaultFree, isStoppedByFailure } = options;
  const startedAtMs = performance.now();
  const untilMs = Date.now() + seconds * 1_000;
  const children: ChildProcess[] = [];
  const stopAll = (): void => {
    if (isStoppedByFailure) for (const child of children) if (child.connected) child.send('stop');
  };
  const results = Array.from({ length: workers }, (_, index) => {
    const count = Math.floor(schedules / workers) + (index < schedules % workers ? 1 : 0);
    const child = forkWorker({ from: from + index, step: workers, count, untilMs, isFaultFree });
    children.push(child);
    return resultOf(child, stopAll);
  });
  return { ...sum(await Promise.all(results)), seconds: (performance.now() - startedAtMs) / 1_000 };
}

/** A schedule leaves nothing behind: with room for many of them, a collection finds little that is still in use. */
const NEW_SPACE_MIB = 64;

/** As this process runs: compiled, or through tsx. */
function forkWorker(work: SeedWork): ChildProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fork(fileURLToPath(new URL(`./seed-worker.${extension}`, import.meta.url)), [JSON.stringify(work)], {
    execArgv: [...process.execArgv, `--min-semi-space-size=${NEW_SPACE_MIB}`, `--max-semi-space-size=${NEW_SPACE_MIB}`],
  });
}

function resultOf(child: ChildProcess, onFailure: () => void): Promise<SeedsResult> {
  return new Promise((resolve, reject) => {
    const failures: SeedFailure[] = [];
    let result: SeedsResult | undefined;
    child.on('message', (message: SeedMessage) => {
      if ('result' in message) result = message.result;
      else {
        failures.push(message.failure);
        onFailure();
      }
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (result) resolve({ ...result, failures });
      else reject(new Error(`A child process of the simulation ended with ${signal ?? `code ${code}`}`));
    });
  });
}

function sum(results: readonly SeedsResult[]): SeedsResult {
  const transitions: Record<string, number> = {};
  for (const result of results) {
    for (const [name, count] of Object.entries(result.transitions)) transitions[name] = (transitions[name] ?? 0) + count;
  }
  return {
    schedules: results.reduce((all, { schedules }) => all + schedules, 0),
    failures: results.flatMap(({ failures }) => failures).sort((a, b) => a.seed - b.seed),
    transitions,
    longestDrainMs: Math.max(0, ...results.map(({ longestDrainMs }) => longestDrainMs)),
  };
}
