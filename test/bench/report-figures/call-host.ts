import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Outcome, StageTask } from '../../../shared/ports/stage-handler.ts';
import type { HandlerRunner } from '../../../shared/worker/isolation/handler-runner.ts';
import { loadHandler } from '../../../shared/worker/isolation/load-handler.ts';
import { ProcessRunner } from '../../../shared/worker/isolation/process-runner.ts';
import { ThreadRunner } from '../../../shared/worker/isolation/thread-runner.ts';
import { silentLogger } from '../../support/silent-logger.ts';
import { endedChildrenSeconds } from '../suite/cpu-meter.ts';
import type { CallOrder, CallTimes, Place } from './calls.ts';
import { reportTask } from './report-task.ts';

/** Entry of a fresh process: calls a handler some times at one place, and answers how long each call took. */
const never = new AbortController().signal;

/** The main thread, with the interface of the worker's runners. */
const MAIN_THREAD: HandlerRunner = {
  run: async (module, task, signal, progress) => (await loadHandler(module))(task, { signal, progress }),
  stop: async () => undefined,
};

/** Of this process and of the handler processes that have ended. */
function usedSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + endedChildrenSeconds();
}

function runnerAt(place: Place, memoryMb: number): HandlerRunner {
  if (place === 'direct') return MAIN_THREAD;
  return place === 'thread' ? new ThreadRunner(memoryMb, 1) : new ProcessRunner(memoryMb, silentLogger());
}

async function timed(runner: HandlerRunner, module: string, task: StageTask): Promise<{ ms: number; outcome: Outcome }> {
  const startedMs = performance.now();
  const outcome = await runner.run(module, task, never, () => undefined);
  const ms = performance.now() - startedMs;
  if (outcome.kind !== 'done')
    throw new Error(`${module} answered ${outcome.kind}: ${outcome.kind === 'hold' ? '' : outcome.error.message}`);
  return { ms, outcome };
}

async function run({ place, module, request, calls, folder }: CallOrder): Promise<CallTimes> {
  const runner = runnerAt(place, request.memoryMb);
  const callsMs: number[] = [];
  const before = usedSeconds();
  let last: Outcome | undefined;
  for (let call = 1; call <= calls; call += 1) {
    const own = join(folder, `call-${call}`);
    await mkdir(own, { recursive: true });
    const { ms, outcome } = await timed(runner, module, await reportTask(own, request));
    callsMs.push(ms);
    last = outcome;
    // What the last one wrote is looked at.
    if (call < calls) await rm(own, { recursive: true });
  }
  await runner.stop();
  return { callsMs, cpuSeconds: usedSeconds() - before, outcome: last! };
}

process.once('disconnect', () => process.exit(1));
const [order] = (await once(process, 'message')) as [CallOrder];
const answer = await run(order).catch((error: unknown) => ({ reason: (error as Error).message }));
process.send?.(answer, () => process.exit(0));
