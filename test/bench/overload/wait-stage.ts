import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import type { StageHandler } from '../../../shared/ports/stage-handler.ts';
import type { WaitInput } from './job-types.ts';

const FAILED_ONCE = { code: 'bench_failure', message: 'It fails once, to be run again.', errorClass: 'retry' } as const;

/** Waits as long as it is told, as for an answer from elsewhere, and notes that it has run. */
export const handle: StageHandler = async ({ job, input }) => {
  const { n, waitMs, folder, failsOnce } = input as WaitInput;
  await delay(waitMs);
  if (failsOnce && job.stage === 'p1' && job.attempt === 1) return { kind: 'retry', error: FAILED_ONCE };
  // A thread that waits for its next task stands still: what it has not written by then stays unwritten.
  appendFileSync(join(folder, `${job.stage}-${process.pid}-${threadId}`), `${n}\n`);
  return { kind: 'done' };
};
