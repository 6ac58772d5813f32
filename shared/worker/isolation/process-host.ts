import { Worker } from 'node:worker_threads';
import type { StageTask } from '../../ports/stage-handler.ts';
import { checkedOutcome, thrownOutcome } from './handler-error.ts';
import { loadHandler } from './load-handler.ts';
import type { FromChild, ToChild } from './process-messages.ts';

/** Entry of a handler process: runs one task at a time for its parent. Started by `ProcessRunner`. */
const PROGRESS_EVERY_MS = 250;

function send(message: FromChild): void {
  process.send?.(message);
}

/** At most four reports a second cross the border. */
function throttledProgress(): (fraction: number) => void {
  let sentAt = Number.NEGATIVE_INFINITY;
  return (fraction) => {
    if (performance.now() - sentAt < PROGRESS_EVERY_MS) return;
    sentAt = performance.now();
    send({ kind: 'progress', fraction });
  };
}

async function runTask(module: string, task: StageTask, signal: AbortSignal): Promise<void> {
  try {
    const handle = await loadHandler(module);
    send({ kind: 'outcome', outcome: checkedOutcome(await handle(task, { signal, progress: throttledProgress() })) });
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    send({ kind: 'outcome', outcome: thrownOutcome(error) });
  }
}

function main(): void {
  const [parentPid, maxBytes] = process.argv.slice(2).map(Number);
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  new Worker(new URL(`./process-watchdog.${extension}`, import.meta.url), { workerData: { parentPid, maxBytes } }).unref();
  let current: AbortController | undefined;
  process.on('message', (message: ToChild) => {
    if (message.kind === 'stop') return current?.abort(message.reason);
    current = new AbortController();
    void runTask(message.module, message.task, current.signal);
  });
  process.on('disconnect', () => process.exit(0));
  // The terminal's Ctrl-C reaches the whole group: the parent decides what happens to handlers.
  process.on('SIGINT', () => undefined);
  send({ kind: 'ready' });
}

main();
