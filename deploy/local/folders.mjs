import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endProcess, identityOf, isRunning } from './processes.mjs';

/** @typedef {import('./processes.mjs').Identity & { namespace: string }} Owner */

/** Start of the names of all temporary folders made here. */
export const TEMPORARY_PREFIX = 'jobline-';
const OWNER_FILE = 'owner.json';
const PROCESSES_FOLDER = 'run';
/** `npm test` / its folder for temporary files / a system of a test / its MongoDB / a member */
const DEEPEST_RECORDS = 5;

/** Processes of other containers cannot be seen: their folders are left alone. */
function pidNamespace() {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** @returns {Owner} */
function self() {
  return { ...identityOf(process.pid), namespace: pidNamespace() };
}

/** @param {string} file @returns {any} the parsed JSON, undefined when missing or broken */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Writes JSON so that readers see the old or the new file, never half of one; only the owner may read it.
 * @param {string} file
 * @param {unknown} value
 */
export function writeJson(file, value) {
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(half, file);
}

/** @param {Owner | undefined} owner whether it lives, as far as this process can know */
function mayLive(owner) {
  return owner !== undefined && (owner.namespace !== pidNamespace() || isRunning(owner));
}

/**
 * A new temporary folder, marked as this process's own.
 * @param {string} kind part of its name
 */
export function makeTemporaryFolder(kind) {
  const folder = mkdtempSync(join(tmpdir(), `${TEMPORARY_PREFIX}${kind}-`));
  writeJson(join(folder, OWNER_FILE), self());
  return folder;
}

/**
 * Removes a folder with everything in it; processes that are just ending may still write into it.
 * @param {string} folder
 */
export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** Ends processes and removes temporary folders whose owner is gone: left only when owner and keeper were both killed. */
export async function sweepTemporaryFolders() {
  const folders = subfolders(tmpdir()).filter((name) => name.startsWith(TEMPORARY_PREFIX));
  await Promise.all(folders.map((name) => sweepFolder(join(tmpdir(), name))));
}

/** @param {string} folder */
async function sweepFolder(folder) {
  const owner = readJson(join(folder, OWNER_FILE));
  // Somebody else may be sweeping as well: what was there a moment ago may be gone.
  if (!owner || mayLive(owner) || statSync(folder, { throwIfNoEntry: false })?.uid !== process.getuid?.()) return;
  await Promise.all(recordFolders(folder, DEEPEST_RECORDS).map((one) => endRecorded(one, 0)));
  removeFolder(folder);
}

/** @param {string} folder @returns {string[]} names of the folders in it; none when it is gone */
function subfolders(folder) {
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
    return [];
  }
}

/**
 * Folders that note processes: this one, and those of its servers and of stacks that tests have started below it.
 * @param {string} folder
 * @param {number} depth
 * @returns {string[]}
 */
function recordFolders(folder, depth) {
  return subfolders(folder).flatMap((name) => {
    if (name === PROCESSES_FOLDER) return [folder];
    return depth === 0 || name === 'data' ? [] : recordFolders(join(folder, name), depth - 1);
  });
}

/**
 * Notes a process that belongs to a folder, so that a later start can end it.
 * @param {string} folder
 * @param {string} name
 * @param {number} pid
 */
export function recordProcess(folder, name, pid) {
  mkdirSync(join(folder, PROCESSES_FOLDER), { recursive: true });
  writeJson(join(folder, PROCESSES_FOLDER, `${name}.json`), identityOf(pid));
}

/**
 * @param {string} folder
 * @param {string} name
 */
export function forgetProcess(folder, name) {
  rmSync(join(folder, PROCESSES_FOLDER, `${name}.json`), { force: true });
}

/**
 * Ends the processes that an earlier, killed run left in a folder.
 * @param {string} folder
 * @param {number} [graceMs] between SIGTERM and SIGKILL; 0: SIGKILL at once
 * @returns {Promise<string[]>} names of those that still ran
 */
export async function endRecorded(folder, graceMs = 10_000) {
  const records = join(folder, PROCESSES_FOLDER);
  if (!existsSync(records)) return [];
  const names = readdirSync(records).flatMap((file) => (file.endsWith('.json') ? file.slice(0, -'.json'.length) : []));
  const ended = names.map(async (name) => {
    const identity = readJson(join(records, `${name}.json`));
    const isLeft = identity?.startTime !== undefined && isRunning(identity);
    if (isLeft) await endProcess(identity, graceMs);
    forgetProcess(folder, name);
    return isLeft ? [name] : [];
  });
  return (await Promise.all(ended)).flat();
}

/** @param {string} file @returns {Owner | undefined} undefined: taken by this process now; otherwise its owner */
function tryLock(file) {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(self()));
  try {
    linkSync(mine, file);
    return undefined;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    const owner = readJson(file);
    if (!owner || mayLive(owner)) return owner ?? self();
    // Renaming, unlike removing, lets only one of several find the stale lock.
    const stale = `${file}.stale-${process.pid}`;
    try {
      renameSync(file, stale);
    } catch {
      return owner;
    }
    const moved = readJson(stale);
    // Another process may have replaced the stale lock in between: its lock goes back.
    if (mayLive(moved)) renameSync(stale, file);
    else rmSync(stale);
    return mayLive(moved) ? moved : tryLock(file);
  } finally {
    rmSync(mine, { force: true });
  }
}

/** The lock is held by a process that runs. */
export class LockHeldError extends Error {
  /** @param {string} file @param {number} pid */
  constructor(file, pid) {
    super(`${file} is held by process ${pid}; end that process first.`);
    this.pid = pid;
  }
}

/**
 * Takes a lock that other processes see; one whose owner is gone is taken over.
 * @param {string} file
 * @param {{ waitMs?: number, onWait?: (pid: number) => void }} [options] default: do not wait
 * @returns {Promise<() => void>} releases it
 * @throws LockHeldError when it is still held after `waitMs`
 */
export async function takeLock(file, { waitMs = 0, onWait } = {}) {
  const until = Date.now() + waitMs;
  for (let isFirst = true; ; isFirst = false) {
    const owner = tryLock(file);
    if (!owner) return () => rmSync(file, { force: true });
    if (Date.now() >= until) throw new LockHeldError(file, owner.pid);
    if (isFirst) onWait?.(owner.pid);
    await delay(200);
  }
}
