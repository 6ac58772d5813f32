import type { BatchStageHandler, StageHandler } from '../../ports/stage-handler.ts';

/** @throws TypeError when the module has no function `handle`. */
export async function loadHandler(module: string): Promise<StageHandler> {
  const { handle } = (await import(module)) as { handle?: unknown };
  if (typeof handle !== 'function') throw new TypeError('the handler module exports no function `handle`');
  return handle as StageHandler;
}

/** The module's `handleBatch`, or its `handle` for each task at once. @throws TypeError when it has neither. */
export async function loadBatchHandler(module: string): Promise<BatchStageHandler> {
  const loaded = (await import(module)) as { handleBatch?: unknown };
  if (typeof loaded.handleBatch === 'function') return loaded.handleBatch as BatchStageHandler;
  const handle = await loadHandler(module);
  return (tasks, tools) => Promise.all(tasks.map((task) => handle(task, tools)));
}
