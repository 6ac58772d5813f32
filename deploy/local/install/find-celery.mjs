import { readFileSync } from 'node:fs';
import { cached, cacheOnce } from './cache.mjs';
import { unpackWheels } from './python.mjs';

const CACHE_NAME = 'celery-5.6.3';
const REQUIREMENTS = new URL('./celery.txt', import.meta.url);

/**
 * PyPI's Celery with its MongoDB result backend, for the benchmarks, fetched at first use (10 MB). Run it with
 * `python3 -m celery`.
 * @param {(line: string) => void} log
 * @returns {Promise<{ PYTHONPATH: string }>} the environment in which Python finds it
 * @throws Error with what pip said
 */
export async function findCelery(log) {
  const folder = cached(CACHE_NAME);
  if (folder) return { PYTHONPATH: folder };
  log("Fetching PyPI's Celery 5.6.3 into .jobline/cache (10 MB, sha256 checked) ...");
  const requirements = readFileSync(REQUIREMENTS, 'utf8').split('\n');
  const fill = (/** @type {string} */ half) => unpackWheels({ requirements, folder: half, log });
  return { PYTHONPATH: await cacheOnce(CACHE_NAME, fill, log) };
}
