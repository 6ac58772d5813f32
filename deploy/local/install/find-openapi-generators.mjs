import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runNpm } from '../setup.mjs';
import { cached, cacheOnce, PROJECT } from './cache.mjs';
import { unpackWheels } from './python.mjs';

const PYTHON_CACHE = 'openapi-python-client-0.29.1';
const PYTHON_REQUIREMENTS = new URL('./openapi-python-client.txt', import.meta.url);
const TYPESCRIPT_CACHE = 'openapi-typescript-7.13.0';
const TYPESCRIPT_FOLDER = join(PROJECT, 'test/generated-clients/typescript');

/** @param {(line: string) => void} log */
async function pythonGenerator(log) {
  log("Fetching PyPI's openapi-python-client 0.29.1 into .jobline/cache (6 MB, sha256 checked) ...");
  const requirements = readFileSync(PYTHON_REQUIREMENTS, 'utf8').split('\n');
  return cacheOnce(PYTHON_CACHE, (half) => unpackWheels({ requirements, folder: half, log }), log);
}

/** @param {(line: string) => void} log */
async function typescriptGenerator(log) {
  log("Installing npm's openapi-typescript 7.13.0 and openapi-fetch 0.17.0 into .jobline/cache (45 MB) ...");
  const fill = async (/** @type {string} */ half) => {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(TYPESCRIPT_FOLDER, file), join(half, file));
    const done = await runNpm(['ci', '--no-audit', '--no-fund', '--ignore-scripts'], {}, half);
    if (done.code !== 0) throw new Error(`npm ci of openapi-typescript failed:\n${done.output.trim()}`);
  };
  return cacheOnce(TYPESCRIPT_CACHE, fill, log);
}

/**
 * Generators of clients that are not ours, fetched at first use: openapi-python-client (`python3 -m openapi_python_client`), and
 * openapi-typescript with openapi-fetch.
 * @param {(line: string) => void} log
 * @returns {Promise<{ PYTHONPATH: string, nodeModules: string }>}
 * @throws Error with what pip or npm said
 */
export async function findOpenapiGenerators(log) {
  const python = cached(PYTHON_CACHE) ?? (await pythonGenerator(log));
  const typescript = cached(TYPESCRIPT_CACHE) ?? (await typescriptGenerator(log));
  return { PYTHONPATH: python, nodeModules: join(typescript, 'node_modules') };
}
