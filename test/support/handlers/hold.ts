import { setTimeout as sleep } from 'node:timers/promises';
import type { StageHandler } from '../../../shared/ports/stage-handler.ts';
import { inputOf, noteEffect } from './effects.ts';

/** Notes from when to when it was at work, however it ends: only the end of its process leaves no note. */
export const handle: StageHandler = async (task, { signal }) => {
  noteEffect(task, 'started');
  try {
    await sleep(inputOf(task).waitMs?.[task.job.stage] ?? 0, undefined, { signal });
  } finally {
    noteEffect(task, 'ended');
  }
  return { kind: 'done' };
};
