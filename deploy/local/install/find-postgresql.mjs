import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../processes.mjs';
import { cached, cacheOnce } from './cache.mjs';
import { aptCommand, environmentOf, hasApt, unpackDebianPackages } from './debian.mjs';
import { findExecutable } from './on-path.mjs';

/** @typedef {{ bin: string, env: Record<string, string>, from: string }} PostgresqlPrograms `bin`: folder of postgres and initdb */

const CACHE_NAME = 'postgresql-debian';
const PACKAGES = ['postgresql'];
/** Debian has a folder a major version. */
const VERSIONS = 'usr/lib/postgresql';

/** The newest version below a root. @param {string} root */
function newestBelow(root) {
  const folder = join(root, VERSIONS);
  const versions = existsSync(folder) ? readdirSync(folder).filter((name) => existsSync(join(folder, name, 'bin/initdb'))) : [];
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? undefined : join(folder, newest, 'bin');
}

/** @param {string} folder @returns {PostgresqlPrograms} */
function unpacked(folder) {
  return { bin: newestBelow(folder) ?? '', env: environmentOf(folder), from: `Debian's package, unpacked in ${folder}` };
}

/**
 * A PostgreSQL for the benchmarks: installed, else Debian's package in the cache.
 * @param {(line: string) => void} log
 * @returns {Promise<PostgresqlPrograms>}
 * @throws Error naming what to do when there is none and none can be fetched
 */
export async function findPostgresql(log) {
  const initdb = findExecutable('initdb');
  const bin = newestBelow('/') ?? (initdb && join(initdb, '..'));
  if (bin) return { bin, env: {}, from: bin };
  const folder = cached(CACHE_NAME);
  if (folder) return unpacked(folder);
  if (!(await hasApt())) throw new Error(`PostgreSQL was not found; install it (Debian: ${aptCommand(PACKAGES)}).`);
  log("PostgreSQL is not installed: fetching Debian's package postgresql into .jobline/cache (60 MB) ...");
  const fill = async (/** @type {string} */ half) => {
    const packages = await unpackDebianPackages({ packages: PACKAGES, folder: half, log });
    const { bin: made, env } = unpacked(half);
    const check = await run(join(made, 'postgres'), ['--version'], { env: { ...process.env, ...env } });
    if (check.code !== 0)
      throw new Error(`The unpacked PostgreSQL does not run. Run this yourself:\n  ${aptCommand(PACKAGES)}\n${check.output}`);
    return { packages };
  };
  return unpacked(await cacheOnce(CACHE_NAME, fill, log));
}
