import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from '../processes.mjs';
import { cached, cacheOnce } from './cache.mjs';
import { hasApt } from './debian.mjs';
import { unpackDebianRelease } from './debian-release.mjs';

/** @typedef {import('./find-rabbitmq.mjs').RabbitmqProgram} RabbitmqProgram */

const CACHE_NAME = 'rabbitmq4-trixie';
/** Debian 13: has RabbitMQ 4.0.5, Erlang 27 and a C library newer than Debian 12's. */
const RELEASE = 'trixie';
const PACKAGES = ['rabbitmq-server'];
const ELF = Buffer.from([0x7f, 0x45, 0x4c, 0x46]);
const WAYS_OUT =
  'Run the tests where RabbitMQ 4 is installed, or where the package sources of this machine are a mirror of Debian that has trixie (Debian 13).';

/** Shell lines that set `lib` from `root`: a folder of that release's own loader and libraries. */
const LIBRARIES = 'lib=$(echo "$root"/usr/lib/*-linux-gnu)';

/**
 * Runs a program by that loader, since this machine's C library may be older. Nothing of it reaches this machine's own
 * programs that Erlang starts, as LD_LIBRARY_PATH would.
 * @param {string} folder that has it in its folder elf
 * @param {string} name
 */
const startOf = (folder, name) => `exec "$lib"/ld-linux-*.so.* --library-path "$lib" --argv0 "$0" "${folder}/elf/${name}" "$@"`;

/** @param {string} file @param {readonly string[]} lines */
function writeScript(file, lines) {
  writeFileSync(file, `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(file, 0o755);
}

/** @param {string} file whether it is a program for the processor */
function isBinary(file) {
  return statSync(file).isFile() && readFileSync(file).subarray(0, 4).equals(ELF);
}

/** Folders of programs that Erlang starts. @param {string} erlang @param {string} erts */
function programFolders(erlang, erts) {
  const ofLibraries = readdirSync(join(erlang, 'lib')).map((name) => join(erlang, 'lib', name, 'priv/bin'));
  return [join(erlang, erts, 'bin'), ...ofLibraries.filter((one) => existsSync(one))];
}

/**
 * Puts scripts in place of Erlang's programs, that run them by the loader of their own release: neither chroot nor root is
 * needed, paths and process ids are those of this machine, and the folder may be moved.
 * @param {string} folder of the unpacked packages
 */
function wrapPrograms(folder) {
  const erlang = join(folder, 'usr/lib/erlang');
  const erts = readdirSync(erlang).find((name) => name.startsWith('erts-'));
  if (erts === undefined) throw new Error('the packages hold no Erlang');
  for (const programs of programFolders(erlang, erts)) {
    mkdirSync(join(programs, 'elf'));
    for (const name of readdirSync(programs).filter((one) => isBinary(join(programs, one)))) {
      renameSync(join(programs, name), join(programs, 'elf', name));
      writeScript(join(programs, name), [`root=\${0%/usr/lib/erlang/*}`, LIBRARIES, startOf(`\${0%/*}`, name)]);
    }
  }
  const own = join(folder, 'jobline-bin');
  mkdirSync(own);
  const root = `root=\${0%/jobline-bin/*}`;
  for (const name of ['epmd', 'escript'])
    writeScript(join(own, name), [root, LIBRARIES, startOf(`$root/usr/lib/erlang/${erts}/bin`, name)]);
  writeScript(join(own, 'erl'), [
    root,
    'ROOTDIR=$root/usr/lib/erlang',
    `BINDIR=$ROOTDIR/${erts}/bin`,
    'EMU=beam',
    'PROGNAME=erl',
    'export ROOTDIR BINDIR EMU PROGNAME',
    'exec "$BINDIR/erlexec" "$@"',
  ]);
}

/** @param {string} folder @returns {RabbitmqProgram} */
function unpacked(folder) {
  return {
    kind: 'program',
    scripts: dirname(realpathSync(join(folder, 'usr/lib/rabbitmq/bin/rabbitmq-server'))),
    env: { PATH: [join(folder, 'jobline-bin'), process.env['PATH'] ?? '/usr/bin:/bin'].join(delimiter) },
    from: `Debian's package of ${RELEASE}, unpacked in ${folder}`,
  };
}

/** @param {string} folder @param {(line: string) => void} log */
async function fill(folder, log) {
  const packages = await unpackDebianRelease({ packages: PACKAGES, release: RELEASE, folder, log });
  wrapPrograms(folder);
  const { env } = unpacked(folder);
  const check = await run('erl', ['-noshell', '-eval', 'ok = crypto:start(), halt(0).'], { env: { ...process.env, ...env } });
  if (check.code !== 0) throw new Error(`the unpacked Erlang does not run: ${check.output}`);
  return { packages };
}

/**
 * RabbitMQ 4: that of the cache, or Debian's, unpacked into it.
 * @param {(line: string) => void} log
 * @returns {Promise<RabbitmqProgram>}
 * @throws Error naming what to do when it cannot be fetched
 */
export async function findRabbitmq4(log) {
  const found = cached(CACHE_NAME);
  if (found) return unpacked(found);
  if (!(await hasApt())) throw new Error(`RabbitMQ 4 was not found, and there is no apt-get to fetch it with. ${WAYS_OUT}`);
  log(`RabbitMQ 4 is not here: fetching that of Debian 13 into .jobline/cache (about 60 MB; nothing is installed into the system) ...`);
  try {
    return unpacked(await cacheOnce(CACHE_NAME, (half) => fill(half, log), log));
  } catch (error) {
    throw new Error(`RabbitMQ 4 could not be fetched: ${/** @type {Error} */ (error).message}\n${WAYS_OUT}`, { cause: error });
  }
}
