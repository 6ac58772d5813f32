import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder } from '../folders.mjs';
import { cached, cacheOnce } from './cache.mjs';
import { unpackWheels } from './python.mjs';

const CACHE_NAME = 'kubernetes-validate-1.37.0';
const REQUIREMENTS = new URL('./kubernetes-validate.txt', import.meta.url);
/** Of the 30 versions whose schemas are in the package: the others take 100 MB. */
const KEPT_SCHEMAS = /^v1\.(29|33|37)\.0-local-strict$/;

/** @param {string} folder */
function removeOtherSchemas(folder) {
  const schemas = join(folder, 'kubernetes_validate', 'kubernetes-json-schema');
  for (const name of readdirSync(schemas).filter((one) => one.startsWith('v') && !KEPT_SCHEMAS.test(one)))
    removeFolder(join(schemas, name));
}

/**
 * PyPI's kubernetes-validate, with the strict schemas of Kubernetes 1.29, 1.33 and 1.37, fetched at first use (24 MB).
 * Run it with `python3 -m kubernetes_validate`.
 * @param {(line: string) => void} log
 * @returns {Promise<{ PYTHONPATH: string }>} the environment in which Python finds it
 * @throws Error with what pip said
 */
export async function findKubernetesValidate(log) {
  const folder = cached(CACHE_NAME);
  if (folder) return { PYTHONPATH: folder };
  log("Fetching PyPI's kubernetes-validate 1.37.0 into .jobline/cache (24 MB, sha256 checked) ...");
  const lines = readFileSync(REQUIREMENTS, 'utf8').split('\n');
  const fill = async (/** @type {string} */ half) => {
    await unpackWheels({ requirements: lines, folder: half, log });
    removeOtherSchemas(half);
  };
  return { PYTHONPATH: await cacheOnce(CACHE_NAME, fill, log) };
}
