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

/** Works in a folder that is removed at the end, by the launcher's keeper should this process be killed. */
export async function inTemporaryFolder<T>(kind: string, work: (folder: string) => Promise<T>): Promise<T> {
  const { makeTemporaryFolder, removeFolder } = await localModule<Folders>('folders.mjs');
  const { keeper } = await localModule<{ keeper: Keeper }>('keeper.mjs');
  keeper.acquire();
  const folder = makeTemporaryFolder(kind);
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
