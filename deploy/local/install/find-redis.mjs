import { join } from 'node:path';
import { run } from '../processes.mjs';
import { cached, cacheOnce } from './cache.mjs';
import { aptCommand, environmentOf, hasApt, unpackDebianPackages } from './debian.mjs';
import { findExecutable } from './on-path.mjs';

/** @typedef {{ program: string, env: Record<string, string>, from: string }} RedisProgram */

const CACHE_NAME = 'redis-debian';
const PACKAGES = ['redis-server'];

/** @param {string} folder @returns {RedisProgram} */
function unpacked(folder) {
  return { program: join(folder, 'usr/bin/redis-server'), env: environmentOf(folder), from: `Debian's package, unpacked in ${folder}` };
}

/**
 * A Redis for the benchmarks: installed, else Debian's package in the cache.
 * @param {(line: string) => void} log
 * @returns {Promise<RedisProgram>}
 * @throws Error naming what to do when there is none and none can be fetched
 */
export async function findRedis(log) {
  const program = findExecutable('redis-server', ['/usr/bin', '/usr/local/bin']);
  if (program) return { program, env: {}, from: program };
  const folder = cached(CACHE_NAME);
  if (folder) return unpacked(folder);
  if (!(await hasApt())) throw new Error(`redis-server was not found on PATH; install it (Debian: ${aptCommand(PACKAGES)}).`);
  log("Redis is not installed: fetching Debian's package redis-server into .jobline/cache (2 MB) ...");
  const fill = async (/** @type {string} */ half) => {
    const packages = await unpackDebianPackages({ packages: PACKAGES, folder: half, log });
    const { program: made, env } = unpacked(half);
    const check = await run(made, ['--version'], { env: { ...process.env, ...env } });
    if (check.code !== 0)
      throw new Error(`The unpacked Redis does not run. Run this yourself:\n  ${aptCommand(PACKAGES)}\n${check.output}`);
    return { packages };
  };
  return unpacked(await cacheOnce(CACHE_NAME, fill, log));
}
