import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cacheOnce } from './cache.mjs';
import { aptCommand, hasApt, unpackDebianPackages } from './debian.mjs';

const CACHE_NAME = 'faketime-debian';
const PACKAGE = 'libfaketime';

/** @param {string} root @returns {string | undefined} */
function libraryBelow(root) {
  const lib = join(root, 'usr/lib');
  const folders = existsSync(lib) ? ['', ...readdirSync(lib)].map((name) => join(lib, name, 'faketime')) : [];
  return folders.map((folder) => join(folder, 'libfaketime.so.1')).find((file) => existsSync(file));
}

/**
 * The library that shows a program another time (LD_PRELOAD), for tests of clocks that jump: installed, or Debian's package
 * in the cache.
 * @param {(line: string) => void} log
 * @returns {Promise<string>} its path
 * @throws Error naming what to do when there is none and none can be fetched
 */
export async function findFaketime(log) {
  const known = libraryBelow('/') ?? libraryBelow(cached(CACHE_NAME) ?? '/nowhere');
  if (known) return known;
  if (!(await hasApt())) throw new Error(`libfaketime was not found; install it (Debian: ${aptCommand([PACKAGE])}).`);
  log(`libfaketime is not installed: fetching Debian's package ${PACKAGE} into .jobline/cache ...`);
  const fill = async (/** @type {string} */ half) => ({ packages: await unpackDebianPackages({ packages: [PACKAGE], folder: half, log }) });
  const library = libraryBelow(await cacheOnce(CACHE_NAME, fill, log));
  if (!library) throw new Error(`Debian's package ${PACKAGE} has no libfaketime.so.1.`);
  return library;
}
