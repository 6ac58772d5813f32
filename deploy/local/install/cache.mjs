import { mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson, removeFolder, takeLock, writeJson } from '../folders.mjs';

const INSTALL_WAIT_MS = 900_000;

/** The project's folder. */
export const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
/** Where downloads are kept between runs. */
export const CACHE_FOLDER = join(PROJECT, '.jobline', 'cache');

/** @param {string} name @returns {string | undefined} the folder, when it was completed */
export function cached(name) {
  const folder = join(CACHE_FOLDER, name);
  return readJson(join(folder, 'complete.json')) ? folder : undefined;
}

/**
 * A folder of the cache, made on first use; several processes may ask at once, and a run that was killed leaves nothing half-done.
 * @param {string} name
 * @param {(folder: string) => Promise<unknown>} fill makes it, and returns what to note about it
 * @param {(line: string) => void} log
 * @returns {Promise<string>} the folder
 */
export async function cacheOnce(name, fill, log) {
  const folder = join(CACHE_FOLDER, name);
  mkdirSync(dirname(folder), { recursive: true });
  const unlock = await takeLock(`${folder}.lock`, {
    waitMs: INSTALL_WAIT_MS,
    onWait: (pid) => log(`Waiting for process ${pid}, which is installing ${name} ...`),
  });
  const half = `${folder}.half`;
  try {
    if (cached(name)) return folder;
    removeFolder(half);
    removeFolder(folder);
    mkdirSync(half);
    writeJson(join(half, 'complete.json'), (await fill(half)) ?? {});
    renameSync(half, folder);
    return folder;
  } finally {
    removeFolder(half);
    unlock();
  }
}
