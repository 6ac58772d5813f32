import { join } from 'node:path';
import { cached, cacheOnce } from './cache.mjs';
import { unpackWheels } from './python.mjs';

const CACHE_NAME = 'cyclonedx-schemas-11.12.0';
const REQUIREMENT = 'cyclonedx-python-lib==11.12.0 --hash=sha256:0e807521a921a5c3cb8ce1153f8a61d29eedfe76a46aac2796b7c6b573391a54';

/**
 * The JSON schemas of CycloneDX and those that they refer to, out of PyPI's cyclonedx-python-lib, fetched at first use (0.5 MB).
 * @param {(line: string) => void} log
 * @returns {Promise<string>} their folder
 * @throws Error with what pip said
 */
export async function findCyclonedxSchemas(log) {
  const inFolder = (/** @type {string} */ folder) => join(folder, 'cyclonedx/schema/_res');
  const folder = cached(CACHE_NAME);
  if (folder) return inFolder(folder);
  log("Fetching CycloneDX's schemas into .jobline/cache (0.5 MB, sha256 checked) ...");
  const fill = (/** @type {string} */ half) => unpackWheels({ requirements: [REQUIREMENT], folder: half, log });
  return inFolder(await cacheOnce(CACHE_NAME, fill, log));
}
