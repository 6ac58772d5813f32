import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { takeLock } from './folders.mjs';
import { PROJECT } from './install/cache.mjs';
import { findExecutable } from './install/on-path.mjs';
import { run, textOf } from './processes.mjs';

/** @typedef {(line: string) => void} Log */

const LEAST_NODE = [20, 19];
const SOURCE_FOLDERS = ['services', 'shared', 'deploy', 'test'];
const SETUP_WAIT_MS = 900_000;
const COMMAND_MS = 900_000;

/** @param {string} file inside the project */
const inProject = (file) => join(PROJECT, file);

/** @throws Error when this Node.js is too old */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [leastMajor, leastMinor] = /** @type {[number, number]} */ (LEAST_NODE);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return;
  throw new Error(
    `Jobline needs Node.js ${LEAST_NODE.join('.')} or later; ${process.execPath} is ${process.version}. ` +
      "Debian's own package is older: take one from nodejs.org, or another way that you trust.",
  );
}

/** Whether what is installed agrees with package-lock.json, package by package. */
function isInstalled() {
  const installed = textOf(inProject('node_modules/.package-lock.json'));
  if (installed === '') return false;
  /** @type {Record<string, { version?: string, optional?: boolean }>} */
  const wanted = JSON.parse(textOf(inProject('package-lock.json'))).packages;
  const found = JSON.parse(installed).packages;
  const missing = Object.entries(wanted).filter(([path, { version }]) => path !== '' && found[path]?.version !== version);
  // Packages for other platforms are in the lock only.
  return missing.every(([path, { optional }]) => optional === true && found[path] === undefined) && wantedAreThere(wanted, found);
}

/** @param {Record<string, object>} wanted @param {Record<string, object>} found */
function wantedAreThere(wanted, found) {
  return Object.keys(found).every((path) => path in wanted && existsSync(inProject(path)));
}

/**
 * Runs npm, that of the Node in use or of PATH.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] more of it
 * @param {string} [cwd]
 */
export function runNpm(args, env = {}, cwd = PROJECT) {
  const beside = join(dirname(process.execPath), 'npm');
  const npm = existsSync(beside) ? beside : findExecutable('npm');
  if (!npm) throw new Error('npm, which comes with Node.js, was not found on PATH.');
  const path = [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
  return run(npm, args, { cwd, env: { ...process.env, PATH: path, ...env }, timeoutMs: COMMAND_MS });
}

/** @param {Log} log */
async function install(log) {
  const hash = createHash('sha256')
    .update(textOf(inProject('package-lock.json')))
    .digest('hex');
  const hashFile = inProject('node_modules/.jobline-lock-hash');
  if (textOf(hashFile) === hash) return;
  if (!isInstalled()) {
    log('npm ci: installing the packages of package-lock.json into node_modules ...');
    const done = await runNpm(['ci', '--no-audit', '--no-fund', '--include=dev'], { NODE_ENV: 'development' });
    if (done.code !== 0) throw new Error(`npm ci failed (run it yourself in ${PROJECT}):\n${done.output.trim()}`);
  }
  writeFileSync(hashFile, hash);
}

/** @param {string} folder @returns {string[]} files below it, as paths inside the project */
function filesBelow(folder) {
  if (!existsSync(inProject(folder))) return [];
  return readdirSync(inProject(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** @returns {string[]} everything that the compiler reads, in a fixed order */
function sourceFiles() {
  const sources = SOURCE_FOLDERS.flatMap(filesBelow).filter((file) => /\.(ts|mts)$/.test(file));
  return [...sources.sort(), 'tsconfig.json', 'package-lock.json'];
}

/** @param {readonly string[]} files */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(inProject(file)))
      .update('\0');
  return hash.digest('hex');
}

/** Removes compiled files whose source is gone: a deleted test would go on being run. */
function removeStale() {
  for (const file of filesBelow('dist')) {
    const source = /^dist\/(.*)\.js(?:\.map)?$/.exec(file)?.[1];
    if (source !== undefined && !existsSync(inProject(`${source}.ts`))) rmSync(inProject(file));
  }
}

/** @param {Log} log */
async function build(log) {
  const hash = hashOf(sourceFiles());
  const hashFile = inProject('dist/.build-hash');
  if (textOf(hashFile) === hash) return;
  log('tsc: compiling the sources into dist ...');
  rmSync(hashFile, { force: true });
  const done = await run(process.execPath, [inProject('node_modules/typescript/bin/tsc'), '-p', PROJECT], {
    cwd: PROJECT,
    timeoutMs: COMMAND_MS,
  });
  if (done.code !== 0) throw new Error(`The sources do not compile:\n${done.output.trim()}`);
  removeStale();
  writeFileSync(hashFile, hash);
}

/**
 * Makes the project ready to run: checks Node.js, installs the packages when package-lock.json has changed, compiles
 * when a source has. Several may run at once; a further run with nothing to do takes milliseconds.
 * @param {Log} log told what takes time
 * @throws Error with what to do
 */
export async function setUp(log) {
  checkNode();
  mkdirSync(inProject('.jobline'), { recursive: true });
  const unlock = await takeLock(inProject('.jobline/setup.lock'), {
    waitMs: SETUP_WAIT_MS,
    onWait: (pid) => log(`Waiting for process ${pid}, which is setting up the project ...`),
  });
  try {
    await install(log);
    await build(log);
  } finally {
    unlock();
  }
}
