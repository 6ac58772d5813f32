import { cached, cacheOnce } from './cache.mjs';
import { aptCommand, environmentOf, hasApt, unpackDebianPackages } from './debian.mjs';
import { findExecutable } from './on-path.mjs';

const CACHE_NAME = 'curl-debian';
const PACKAGE = 'curl';

/**
 * The variables with which a shell finds curl: none where it is installed, else those of Debian's package in the cache. The
 * README's commands are tested with it.
 * @param {(line: string) => void} log
 * @returns {Promise<Record<string, string>>}
 * @throws Error naming what to do when there is none and none can be fetched
 */
export async function curlEnvironment(log) {
  if (findExecutable('curl', ['/usr/bin'])) return {};
  const folder = cached(CACHE_NAME);
  if (folder) return environmentOf(folder);
  if (!(await hasApt())) throw new Error(`curl was not found on PATH; install it (Debian: ${aptCommand([PACKAGE])}).`);
  log(`curl is not installed: fetching Debian's package ${PACKAGE} into .jobline/cache (2 MB) ...`);
  const fill = async (/** @type {string} */ half) => ({ packages: await unpackDebianPackages({ packages: [PACKAGE], folder: half, log }) });
  return environmentOf(await cacheOnce(CACHE_NAME, fill, log));
}
