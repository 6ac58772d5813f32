import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { cached, cacheOnce, PROJECT } from '../install/cache.mjs';
import { unpackDebianPackages } from '../install/debian.mjs';
import { findExecutable } from '../install/on-path.mjs';
import { run } from '../processes.mjs';

/** @typedef {(line: string) => void} Log */

const SUITE = 'bookworm';
const DEBOOTSTRAP_MS = 900_000;
/** Who runs the demo as a plain user. */
export const USER = { name: 'tester', id: 1_000, home: '/home/tester' };
/** Settings of package managers, which hold for the bare machine too. */
const SETTINGS =
  /^(?:https?|ftp|all|no)_proxy$|^PIP_|^npm_config_(?:registry|cafile|proxy|https_proxy|noproxy)$|^SSL_CERT_|_CA_BUNDLE$|^NODE_EXTRA_CA_CERTS$/i;
const SETTING_FILES = ['/etc/pip.conf', '/etc/ssl/certs/ca-certificates.crt', '/etc/resolv.conf', '/usr/etc/npmrc', '/usr/local/etc/npmrc'];
const HOME_FILES = ['.npmrc', '.pip/pip.conf', '.config/pip/pip.conf', '.netrc'];
const APT = '/etc/apt';

/** @param {string} path @param {string} root @param {string} [to] */
function copyInto(path, root, to = path) {
  if (!existsSync(path)) return;
  mkdirSync(dirname(join(root, to)), { recursive: true });
  cpSync(path, join(root, to), { recursive: true, dereference: true, force: true });
}

/** debootstrap of this machine, or Debian's package unpacked into the cache. @param {Log} log */
async function debootstrap(log) {
  const own = findExecutable('debootstrap', ['/usr/sbin']);
  if (own) return { command: own, env: {} };
  const name = 'debootstrap';
  if (!cached(name)) log("debootstrap is not installed: fetching Debian's package into .jobline/cache ...");
  const folder = await cacheOnce(
    name,
    async (half) => ({ packages: await unpackDebianPackages({ packages: [name], folder: half, log }) }),
    log,
  );
  return { command: join(folder, 'usr/sbin/debootstrap'), env: { DEBOOTSTRAP_DIR: join(folder, 'usr/share/debootstrap') } };
}

/** The files that say where this machine's packages come from. */
function sourceFiles() {
  const folder = join(APT, 'sources.list.d');
  const more = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(list|sources)$/.test(name)) : [];
  return [join(APT, 'sources.list'), ...more.map((name) => join(folder, name))].filter(existsSync);
}

/** The mirror of this machine's own Debian, if it is of the same release. @returns {string | undefined} */
function mirror() {
  for (const file of sourceFiles()) {
    const text = readFileSync(file, 'utf8');
    const inParts = text.split(/\n\s*\n/).find((part) => new RegExp(`^Suites:.*\\b${SUITE}\\b`, 'm').test(part) && !/-security/.test(part));
    const url = /^URIs:\s*(\S+)/m.exec(inParts ?? '')?.[1] ?? new RegExp(`^deb (?:\\[.*?\\] )?(\\S+) ${SUITE} `, 'm').exec(text)?.[1];
    if (url) return url;
  }
  return undefined;
}

/** @param {string} root */
function copyAptSettings(root) {
  const sources = sourceFiles().filter((file) => readFileSync(file, 'utf8').includes(SUITE));
  if (sources.length > 0) writeFileSync(join(root, APT, 'sources.list'), '');
  for (const file of sources) copyInto(file, root);
  const keyrings = sources.flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/(?:Signed-By:\s*|signed-by=)(\/\S+?)[\]\s]/g)].map(([, path]) => path ?? ''),
  );
  for (const path of [...keyrings, join(APT, 'auth.conf'), join(APT, 'auth.conf.d'), join(APT, 'trusted.gpg.d')]) copyInto(path, root);
  const folder = join(APT, 'apt.conf.d');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (readFileSync(join(folder, name), 'utf8').includes('Acquire')) copyInto(join(folder, name), root);
  }
}

/** @param {string} root */
function copyNode(root) {
  const node = realpathSync(process.execPath);
  copyInto(node, root, '/usr/local/bin/node');
  const npm = findExecutable('npm');
  if (!npm) throw new Error('npm was not found on PATH.');
  copyInto(dirname(dirname(realpathSync(npm))), root, '/usr/local/lib/node_modules/npm');
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(root, 'usr/local/bin', name));
}

/** What the package managers are told by the environment; files that it names are copied along. @param {string} root */
export function packageManagerEnvironment(root) {
  const settings = Object.entries(process.env).filter(([name, value]) => SETTINGS.test(name) && value);
  for (const [, value = ''] of settings) if (value.startsWith('/') && existsSync(value) && statSync(value).isFile()) copyInto(value, root);
  return Object.fromEntries(settings);
}

/**
 * The project as a clone has it, or with `isWorkTree` as it lies in the work tree (without what git ignores).
 * @param {string} folder
 * @param {boolean} isWorkTree
 */
async function copyProject(folder, isWorkTree) {
  if (!isWorkTree) {
    const clone = await run('git', ['clone', '--quiet', '--no-hardlinks', PROJECT, folder]);
    if (clone.code !== 0) throw new Error(`git clone failed:\n${clone.output}`);
    return;
  }
  const list = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: PROJECT });
  for (const file of list.stdout.split('\0').filter((one) => one && existsSync(join(PROJECT, one)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(PROJECT, file), join(folder, file));
  }
}

/**
 * Makes a bare Debian 12 (smallest variant, and Python) in a folder, with this machine's Node.js and package-manager
 * settings and the project in /root/jobline.
 * @param {{ root: string, isWorkTree: boolean, log: Log }} options
 * @throws Error with what failed
 */
export async function makeBareDebian({ root, isWorkTree, log }) {
  const { command, env } = await debootstrap(log);
  const from = mirror();
  log(`debootstrap --variant=minbase --include=python3 ${SUITE} ...`);
  const args = ['--mount', 'sh', command, '--variant=minbase', '--include=python3', SUITE, root, ...(from ? [from] : [])];
  const made = await run('unshare', args, { env: { ...process.env, ...env }, timeoutMs: DEBOOTSTRAP_MS });
  if (made.code !== 0) throw new Error(`debootstrap failed:\n${made.output.trim().split('\n').slice(-15).join('\n')}`);
  copyAptSettings(root);
  copyNode(root);
  for (const file of SETTING_FILES) copyInto(file, root);
  for (const home of ['/root', USER.home]) for (const file of HOME_FILES) copyInto(join(homedir(), file), root, join(home, file));
  mkdirSync(join(root, USER.home), { recursive: true });
  const add = await run('chroot', [root, 'useradd', '--uid', String(USER.id), '--home-dir', USER.home, '--shell', '/bin/sh', USER.name]);
  if (add.code !== 0) throw new Error(`useradd failed:\n${add.output}`);
  log('Copying the project ...');
  await copyProject(join(root, 'root/jobline'), isWorkTree);
}
