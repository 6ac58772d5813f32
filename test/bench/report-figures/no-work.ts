import type { StageHandler } from '../../../shared/ports/stage-handler.ts';

/** A handler that does nothing: what is left is the way to it and back. */
export const handle: StageHandler = async () => ({ kind: 'done' });
