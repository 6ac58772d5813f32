import { join } from 'node:path';
import { cached, cacheOnce } from './cache.mjs';
import { aptCommand, hasApt, unpackDebianPackages } from './debian.mjs';
import { findExecutable } from './on-path.mjs';

const CACHE_NAME = 'kubectl-debian';
const PACKAGE = 'kubernetes-client';
const IN_PACKAGE = 'usr/bin/kubectl';

/**
 * A kubectl of this machine, fetched when there is none: PATH, cache, Debian's package. It is only used to render files.
 * @param {(line: string) => void} log
 * @returns {Promise<string>} path of the program
 * @throws Error naming what to do when there is none and none can be fetched
 */
export async function findKubectl(log) {
  const installed = findExecutable('kubectl', ['/usr/local/bin', '/usr/bin']);
  if (installed) return installed;
  const folder = cached(CACHE_NAME);
  if (folder) return join(folder, IN_PACKAGE);
  if (!(await hasApt())) throw new Error(`kubectl was not found on PATH; install it (Debian: ${aptCommand([PACKAGE])}).`);
  log(`kubectl is not installed: fetching Debian's package ${PACKAGE} into .jobline/cache (8 MB) ...`);
  const fill = async (/** @type {string} */ half) => ({
    packages: await unpackDebianPackages({ packages: [PACKAGE], folder: half, log }),
  });
  return join(await cacheOnce(CACHE_NAME, fill, log), IN_PACKAGE);
}
