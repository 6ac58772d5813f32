import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { removeFolder, takeLock } from '../folders.mjs';
import { run } from '../processes.mjs';
import { CACHE_FOLDER } from './cache.mjs';

const APT_ENV = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8' };
const APT_TIMEOUT_MS = 600_000;
const LOCK_TRIES = 30;
/** Its lists are locked; its cache is not, and two that write it at once spoil it for each other. */
const OTHER_AT_WORK = /Could not get lock|Unable to lock|Problem renaming the file|package cache file is corrupted/;
const QUEUE_WAIT_MS = 900_000;

/** Once a run is enough. */
let isUpdated = false;

/** Whether Debian's package manager is here. */
export async function hasApt() {
  return (await run('apt-get', ['--version'])).code === 0;
}

/**
 * Runs apt-get, and waits for another one that is at work.
 * @param {readonly string[]} args
 * @param {string} [cwd]
 */
export async function aptGet(args, cwd) {
  for (let tries = 1; ; tries += 1) {
    const done = await run('apt-get', ['-o', 'APT::Sandbox::User=root', ...args], {
      env: { ...process.env, ...APT_ENV },
      timeoutMs: APT_TIMEOUT_MS,
      ...(cwd !== undefined && { cwd }),
    });
    // Somebody else's apt-get (a second stack being set up) is waited for.
    if (done.code === 0 || tries === LOCK_TRIES || !OTHER_AT_WORK.test(done.output)) return done;
    await delay(2_000);
  }
}

/** @param {readonly string[]} packages what an administrator would type */
export function aptCommand(packages) {
  return `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/** @param {string} what @param {readonly string[]} packages @param {string} output */
function failure(what, packages, output) {
  const tail = output.trim().split('\n').slice(-5).join('\n');
  return new Error(`${what} failed. Run this yourself, then try again:\n  ${aptCommand(packages)}\n${tail}`);
}

/**
 * The packages and those they depend on which this machine lacks, as `name=version`.
 * @param {readonly string[]} packages
 */
async function missingPackages(packages) {
  const plan = await aptGet(['-s', 'install', '--no-install-recommends', ...packages]);
  if (plan.code !== 0) throw failure(`Finding the Debian packages of ${packages.join(', ')}`, packages, plan.output);
  return packagesOfPlan(plan.stdout);
}

/**
 * What `apt-get -s install` would install, as `name=version`.
 * @param {string} plan
 */
export function packagesOfPlan(plan) {
  // "Inst name (version source [arch])"; with "[old version]" before the bracket it would only be upgraded.
  return [...plan.matchAll(/^Inst (\S+) \((\S+) .*?(?:\[(\w+)\])?\)/gm)].map(([, name, version]) => `${name}=${version}`);
}

/**
 * Downloads Debian packages with all that they need and this machine lacks, and unpacks them into a folder: nothing is
 * installed into the system, so nothing is started or enabled there, and root is not needed once the package lists exist.
 * @param {{ packages: readonly string[], folder: string, log: (line: string) => void }} options
 * @returns {Promise<string[]>} what was unpacked, as `name=version`
 * @throws Error naming the command to run by hand
 */
export async function unpackDebianPackages({ packages, folder, log }) {
  if (!(await hasApt())) throw new Error(`apt-get is not on this machine, so ${packages.join(', ')} cannot be fetched.`);
  // RabbitMQ and MongoDB are fetched side by side: one after the other here, since apt-get cannot work twice at once.
  mkdirSync(CACHE_FOLDER, { recursive: true });
  const unlock = await takeLock(join(CACHE_FOLDER, 'apt-get.lock'), { waitMs: QUEUE_WAIT_MS });
  try {
    return await fetchAndUnpack({ packages, folder, log });
  } finally {
    unlock();
  }
}

/** @param {{ packages: readonly string[], folder: string, log: (line: string) => void }} options */
async function fetchAndUnpack({ packages, folder, log }) {
  if (process.getuid?.() === 0 && !isUpdated) {
    log('apt-get update ...');
    const update = await aptGet(['update', '-q']);
    if (update.code !== 0) throw failure('apt-get update', packages, update.output);
    isUpdated = true;
  }
  const missing = await missingPackages(packages);
  mkdirSync(folder, { recursive: true });
  const downloads = mkdtempSync(join(folder, '.debs-'));
  try {
    if (missing.length > 0) {
      const download = await aptGet(['download', '-q', ...missing], downloads);
      if (download.code !== 0)
        throw failure(`Downloading ${missing.length} Debian packages for ${packages.join(', ')}`, packages, download.output);
    }
    for (const deb of readdirSync(downloads)) {
      const unpack = await run('dpkg', ['-x', join(downloads, deb), folder]);
      if (unpack.code !== 0) throw failure(`Unpacking ${deb}`, packages, unpack.output);
    }
  } finally {
    removeFolder(downloads);
  }
  return missing;
}

/**
 * The environment in which programs unpacked into a folder find each other and their libraries.
 * @param {string} folder
 * @returns {Record<string, string>}
 */
export function environmentOf(folder) {
  const libraries = ['usr/lib', 'lib'].flatMap((lib) => [join(folder, lib, `${machine()}-linux-gnu`), join(folder, lib)]);
  const programs = ['usr/local/bin', 'usr/bin', 'bin', 'usr/sbin', 'sbin'].map((bin) => join(folder, bin));
  const path = [process.env['PATH'] ?? '/usr/bin:/bin', ...programs.filter((one) => existsSync(one))].join(delimiter);
  return {
    PATH: path,
    LD_LIBRARY_PATH: [...libraries.filter((one) => existsSync(one)), process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter),
  };
}

function machine() {
  return process.arch === 'arm64' ? 'aarch64' : 'x86_64';
}
