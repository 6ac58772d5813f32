import { StoreUnavailableError } from '../domain/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { OutputStore, StageOutput } from '../ports/output-store.ts';
import { StoppedError, untilStoreAnswers } from './store-patience.ts';

export interface StoreOutputsDeps {
  readonly outputs: OutputStore;
  readonly clock: Clock;
  readonly closed: AbortSignal;
  readonly logger: Logger;
}

/**
 * Stores what handlers produced, before their commits. A store that is away is waited for. One that refuses is asked for each
 * output alone: what one job made must not fail the others of its batch. @returns the outputs that were refused.
 * @throws StoppedError when the engine closes first.
 */
export async function storeOutputs(deps: StoreOutputsDeps, all: readonly StageOutput[]): Promise<ReadonlySet<StageOutput>> {
  if (all.length === 0 || (await isStored(deps, all))) return new Set();
  if (all.length === 1) return new Set(all);
  const stored = await Promise.all(all.map((output) => isStored(deps, [output])));
  return new Set(all.filter((_, index) => !stored[index]));
}

async function isStored({ outputs, clock, closed, logger }: StoreOutputsDeps, some: readonly StageOutput[]): Promise<boolean> {
  try {
    await untilStoreAnswers(clock, closed, () => outputs.insertOutputs(some));
    return true;
  } catch (error) {
    if (error instanceof StoppedError || error instanceof StoreUnavailableError) throw error;
    logger.error({ err: error, outputs: some.length, job_id: some[0]!.jobId }, 'outputs were refused by the store');
    return false;
  }
}
