import type { BatchStageHandler, StageHandler } from '../../ports/stage-handler.ts';

/** @throws TypeError when the module has no function `handle`. */
export async function loadHandler(module: string): Promise<StageHandler> {
  const { handle } = (await import(module)) as { handle?: unknown };
  if (typeof handle !== 'function') throw new TypeError('the handler module exports no function `handle`');
  return handle as StageHandler;
}

export type InlineHandler = { readonly batch: BatchStageHandler } | { readonly single: StageHandler };

/** The module's `handleBatch`, else its `handle`. @throws TypeError when it has neither. */
export async function loadInlineHandler(module: string): Promise<InlineHandler> {
  const { handleBatch } = (await import(module)) as { handleBatch?: unknown };
  if (typeof handleBatch === 'function') return { batch: handleBatch as BatchStageHandler };
  return { single: await loadHandler(module) };
}
