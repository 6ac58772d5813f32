import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { localModule } from '../../support/local-stack.ts';

interface Folders {
  makeTemporaryFolder(kind: string): string;
  removeFolder(folder: string): void;
}

interface Keeper {
  acquire(): void;
  release(): Promise<void>;
  guardPath(path: string): void;
  forgetPath(path: string): void;
}

/** Where one measurement works. */
export interface MeasurementFolder {
  readonly folder: string;
  /** Where stages note that they have run. */
  readonly executionsFolder: string;
}

/** Gives a measurement a folder that is removed afterwards, also when the bench is killed. */
export async function inMeasurementFolder<T>(work: (place: MeasurementFolder) => Promise<T>): Promise<T> {
  const { makeTemporaryFolder, removeFolder } = await localModule<Folders>('folders.mjs');
  const { keeper } = await localModule<{ keeper: Keeper }>('keeper.mjs');
  keeper.acquire();
  const folder = makeTemporaryFolder('bench');
  keeper.guardPath(folder);
  // PostgreSQL, which refuses to be root, has to pass through.
  chmodSync(folder, 0o711);
  const executionsFolder = join(folder, 'executions');
  mkdirSync(executionsFolder);
  try {
    return await work({ folder, executionsFolder });
  } finally {
    removeFolder(folder);
    keeper.forgetPath(folder);
    await keeper.release();
  }
}
