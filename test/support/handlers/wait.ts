import { setTimeout as sleep } from 'node:timers/promises';
import type { StageHandler } from '../../../shared/ports/stage-handler.ts';
import { inputOf, noteEffect } from './effects.ts';

/** Waits as long as its input says for the stage, stopping when told to, and writes one small artifact. */
export const handle: StageHandler = async (task, { signal, progress }) => {
  noteEffect(task, 'started');
  const waitMs = inputOf(task).waitMs?.[task.job.stage] ?? 0;
  progress(0.5);
  await sleep(waitMs, undefined, { signal });
  noteEffect(task, 'ended');
  const data = JSON.stringify({ stage: task.job.stage, effectKey: task.effectKey });
  return { kind: 'done', artifacts: [{ name: `${task.job.stage}.json`, mediaType: 'application/json', audience: 'user', data }] };
};
