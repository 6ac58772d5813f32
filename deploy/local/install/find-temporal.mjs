import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../processes.mjs';
import { cached, cacheOnce, PROJECT } from './cache.mjs';
import { findExecutable } from './on-path.mjs';

const VERSION = '1.31.2';
/** Of Temporal's SDK for Node.js, in test/bench/contenders/temporal/sdk. */
const SDK_VERSION = '1.24.0';
const MODULE = 'go.temporal.io/server/cmd';
const BUILD_MS = 1_800_000;
const SDK_FOLDER = join(PROJECT, 'test/bench/contenders/temporal/sdk');

/**
 * @typedef {{ server: string, sqlTool: string, sdk: string, version: string }} Temporal
 *   paths of Temporal's server, of the program that makes its tables, and of the node_modules with its SDK
 */

/** @param {(line: string) => void} log */
async function buildServer(log) {
  const go = findExecutable('go', ['/usr/local/go/bin']);
  if (!go) throw new Error(`Temporal's server ${VERSION} is built from its Go module, and there is no go on PATH.`);
  log(`Building Temporal's server ${VERSION} from its Go module into .jobline/cache (some minutes; 240 MB, and Go's own caches) ...`);
  return cacheOnce(
    `temporal-${VERSION}`,
    async (half) => {
      const args = ['install', `${MODULE}/server@v${VERSION}`, `${MODULE}/tools/sql@v${VERSION}`];
      const done = await run(go, args, { env: { ...process.env, GOBIN: half, CGO_ENABLED: '0' }, timeoutMs: BUILD_MS });
      if (done.code !== 0) throw new Error(`Temporal's server cannot be built:\n${done.output.trim().split('\n').slice(-5).join('\n')}`);
    },
    log,
  );
}

/** @param {(line: string) => void} log */
async function installSdk(log) {
  log(`Installing Temporal's SDK ${SDK_VERSION} into .jobline/cache (260 MB) ...`);
  return cacheOnce(
    `temporal-sdk-${SDK_VERSION}`,
    async (half) => {
      for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(SDK_FOLDER, file), join(half, file));
      const args = ['ci', '--no-audit', '--no-fund', '--ignore-scripts'];
      const done = await run(findExecutable('npm') ?? 'npm', args, { cwd: half, timeoutMs: BUILD_MS });
      if (done.code !== 0) throw new Error(`npm ci of Temporal's SDK failed:\n${done.output.trim()}`);
    },
    log,
  );
}

/**
 * Temporal's server, built from its Go module, and its SDK for Node.js, for the benchmarks; both in the cache.
 * @param {(line: string) => void} log
 * @returns {Promise<Temporal>}
 * @throws Error when there is no Go, or when it cannot be built
 */
export async function findTemporal(log) {
  const folder = cached(`temporal-${VERSION}`) ?? (await buildServer(log));
  const sdk = cached(`temporal-sdk-${SDK_VERSION}`) ?? (await installSdk(log));
  return { server: join(folder, 'server'), sqlTool: join(folder, 'sql'), sdk: join(sdk, 'node_modules'), version: VERSION };
}
