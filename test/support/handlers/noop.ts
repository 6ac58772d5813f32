import type { StageHandler } from '../../../shared/ports/stage-handler.ts';
import { noteEffect } from './effects.ts';

/** Does nothing, and says so. */
export const handle: StageHandler = async (task) => {
  noteEffect(task, 'started');
  noteEffect(task, 'ended');
  return { kind: 'done' };
};
