import { chmodSync } from 'node:fs';
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

/** Runs `work` with a temporary folder that is removed afterwards, also when this process is killed. */
export async function inBenchFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const { makeTemporaryFolder, removeFolder } = await localModule<Folders>('folders.mjs');
  const { keeper } = await localModule<{ keeper: Keeper }>('keeper.mjs');
  keeper.acquire();
  const folder = makeTemporaryFolder('bench');
  keeper.guardPath(folder);
  // PostgreSQL, which refuses to be root, has to pass through.
  chmodSync(folder, 0o711);
  try {
    return await work(folder);
  } finally {
    removeFolder(folder);
    keeper.forgetPath(folder);
    await keeper.release();
  }
}
