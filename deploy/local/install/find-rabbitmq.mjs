import { chmodSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from '../processes.mjs';
import { cached, cacheOnce } from './cache.mjs';
import { aptCommand, environmentOf, hasApt, unpackDebianPackages } from './debian.mjs';
import { hasDocker, hasImage } from './docker.mjs';
import { findRabbitmq4 } from './find-rabbitmq4.mjs';
import { findExecutable, isExecutable } from './on-path.mjs';

/**
 * @typedef {{ kind: 'program', scripts: string, env: Record<string, string>, from: string }} RabbitmqProgram
 *   `scripts`: the folder of rabbitmq-server and rabbitmqctl
 * @typedef {{ kind: 'docker', image: string, from: string }} DockerImage
 */

const IMAGE = 'rabbitmq:4-management';
const CACHE_NAME = 'rabbitmq-debian';
const PACKAGES = ['rabbitmq-server'];
/** Debian's and Ubuntu's scripts that run as the caller: those in /usr/sbin change to the user rabbitmq. */
const DEBIAN_SCRIPTS = '/usr/lib/rabbitmq/bin';
const USUAL_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/opt/rabbitmq/sbin', '/opt/homebrew/sbin', '/usr/local/opt/rabbitmq/sbin'];

/** The folder that the scripts are really in: they find the rest from there. */
function installedScripts() {
  if (isExecutable(join(DEBIAN_SCRIPTS, 'rabbitmq-server'))) return dirname(realpathSync(join(DEBIAN_SCRIPTS, 'rabbitmq-server')));
  const found = findExecutable('rabbitmq-server', USUAL_FOLDERS);
  return found && dirname(realpathSync(found));
}

/** @param {string} folder of the unpacked packages @returns {RabbitmqProgram} */
function unpacked(folder) {
  const env = environmentOf(folder);
  return {
    kind: 'program',
    scripts: dirname(realpathSync(join(folder, DEBIAN_SCRIPTS, 'rabbitmq-server'))),
    env: { ...env, PATH: [join(folder, 'jobline-bin'), env['PATH']].join(delimiter) },
    from: `Debian's package, unpacked in ${folder}`,
  };
}

/**
 * Debian's `erl` knows only /usr/lib/erlang; this one finds Erlang beside itself, wherever the folder has been moved to.
 * @param {string} folder
 */
function writeErl(folder) {
  const bin = join(folder, 'jobline-bin');
  mkdirSync(bin);
  const script = `#!/bin/sh
ROOTDIR=$(cd "$(dirname "$0")/../usr/lib/erlang" && pwd)
BINDIR=$(dirname "$ROOTDIR"/erts-*/bin/erlexec)
EMU=beam
PROGNAME=erl
export ROOTDIR BINDIR EMU PROGNAME
exec "$BINDIR/erlexec" "$@"
`;
  writeFileSync(join(bin, 'erl'), script);
  chmodSync(join(bin, 'erl'), 0o755);
}

/** @param {(line: string) => void} log */
async function unpackRabbitmq(log) {
  log(
    `RabbitMQ is not installed: fetching Debian's package rabbitmq-server into .jobline/cache (about 35 MB; nothing is installed into the system) ...`,
  );
  const folder = await cacheOnce(
    CACHE_NAME,
    async (half) => {
      const packages = await unpackDebianPackages({ packages: PACKAGES, folder: half, log });
      writeErl(half);
      const { env } = unpacked(half);
      const check = await run('erl', ['-noshell', '-eval', 'ok = crypto:start(), halt(0).'], { env: { ...process.env, ...env } });
      if (check.code !== 0)
        throw new Error(`The unpacked Erlang does not run. Run this yourself:\n  ${aptCommand(PACKAGES)}\n${check.output}`);
      return { packages };
    },
    log,
  );
  return unpacked(folder);
}

/** Release series of an installed RabbitMQ, as its folder is named. @param {string} scripts */
function seriesOf(scripts) {
  return /rabbitmq_server-(\d+)\./.exec(scripts)?.[1];
}

/**
 * A RabbitMQ of this machine, fetched when there is none: installed program, cache, Docker, Debian's package.
 * @param {(line: string) => void} log
 * @param {string | undefined} [wanted] release series: `4` for one of 4.x; by default any
 * @returns {Promise<RabbitmqProgram | DockerImage>}
 * @throws Error naming what to do when there is none and none can be fetched
 */
export async function findRabbitmq(log, wanted = process.env['JOBLINE_RABBITMQ'] || undefined) {
  const scripts = installedScripts();
  if (wanted !== undefined && wanted !== '4') throw new Error(`JOBLINE_RABBITMQ is ${JSON.stringify(wanted)}; it must be 4, or unset.`);
  if (wanted !== undefined && seriesOf(scripts ?? '') !== wanted) return findRabbitmq4(log);
  if (scripts && (findExecutable('erl') || existsSync('/usr/lib/erlang'))) return { kind: 'program', scripts, env: {}, from: scripts };
  const folder = cached(CACHE_NAME);
  if (folder) return unpacked(folder);
  if ((await hasDocker()) && (await hasImage(IMAGE, log))) return { kind: 'docker', image: IMAGE, from: `Docker image ${IMAGE}` };
  if (await hasApt()) return unpackRabbitmq(log);
  throw new Error(
    'RabbitMQ was not found: no rabbitmq-server on PATH, no Docker engine, no apt-get. Install it (Debian, Ubuntu: ' +
      `${aptCommand(PACKAGES)}), start Docker, or set RABBITMQ_URL and RABBITMQ_MANAGEMENT_URL to a server of yours.`,
  );
}
