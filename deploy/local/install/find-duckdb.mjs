import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cacheOnce } from './cache.mjs';
import { unpackWheels } from './python.mjs';

const CACHE_NAME = 'duckdb-cli-1.5.6';
const REQUIREMENTS = new URL('./duckdb-cli.txt', import.meta.url);

/** @param {string} folder */
const programIn = (folder) => join(folder, 'duckdb_cli', 'duckdb');

/**
 * DuckDB's own command from PyPI, for the benchmarks, fetched at first use (21 MB): of one version, whatever is on PATH.
 * @param {(line: string) => void} log
 * @returns {Promise<string>} the program
 * @throws Error with what pip said
 */
export async function findDuckdb(log) {
  const folder = cached(CACHE_NAME);
  if (folder) return programIn(folder);
  log("Fetching PyPI's duckdb-cli 1.5.6 into .jobline/cache (21 MB, sha256 checked) ...");
  const requirements = readFileSync(REQUIREMENTS, 'utf8').split('\n');
  const fill = async (/** @type {string} */ half) => {
    await unpackWheels({ requirements, folder: half, log });
    chmodSync(programIn(half), 0o755);
  };
  return programIn(await cacheOnce(CACHE_NAME, fill, log));
}
