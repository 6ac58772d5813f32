import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder, takeLock } from '../folders.mjs';
import { run } from '../processes.mjs';
import { CACHE_FOLDER } from './cache.mjs';
import { aptGet, packagesOfPlan } from './debian.mjs';

/** @typedef {{ packages: readonly string[], release: string, folder: string, log: (line: string) => void }} Wanted */

const APT = '/etc/apt';
const QUEUE_WAIT_MS = 900_000;

/** The files that say where this machine's packages come from. */
function sourceTexts() {
  const folder = join(APT, 'sources.list.d');
  const more = existsSync(folder) ? readdirSync(folder).filter((name) => /\.(list|sources)$/.test(name)) : [];
  const files = [join(APT, 'sources.list'), ...more.map((name) => join(folder, name))].filter(existsSync);
  return files.map((file) => readFileSync(file, 'utf8').replace(/^\s*#.*\n?/gm, ''));
}

/** Code name of this machine's own release. @returns {string | undefined} */
function ownRelease() {
  return /^VERSION_CODENAME="?(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
}

/**
 * Where the packages of another release of Debian come from: the same mirror, under the same key, as this machine's own.
 * @param {string} release code name
 * @returns {string} a source as apt reads it
 * @throws Error when this machine has no mirror of Debian
 */
function sourceOf(release) {
  const own = ownRelease() ?? '';
  for (const text of sourceTexts()) {
    const part = text.split(/\n\s*\n/).find((one) => new RegExp(`^Suites:.*\\s${own}(\\s|$)`, 'm').test(one) && /^URIs:/m.test(one));
    const line = new RegExp(`^deb (?:\\[(.*?)\\] )?(\\S+) ${own} `, 'm').exec(text);
    const url = /^URIs:\s*(\S+)/m.exec(part ?? '')?.[1] ?? line?.[2];
    const key = /^Signed-By:\s*(\/\S+)/m.exec(part ?? '')?.[1] ?? /signed-by=(\S+)/.exec(line?.[1] ?? '')?.[1];
    if (url && /debian/.test(url)) return `deb ${key ? `[signed-by=${key}] ` : ''}${url} ${release} main\n`;
  }
  throw new Error(`this machine is no Debian whose package sources are known, so those of Debian's release ${release} are not either`);
}

/**
 * Options with which apt-get knows that release alone, as if nothing were installed, in a folder of its own.
 * @param {string} folder
 * @param {string} release
 */
function aptOptions(folder, release) {
  for (const name of ['sources', 'state/lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'state/status'), '');
  writeFileSync(join(folder, 'sources/release.list'), sourceOf(release));
  const settings = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(folder, 'sources'),
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'state/status'),
    'Dir::Cache': join(folder, 'cache'),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/**
 * Downloads packages of another release of Debian with all that they need, down to the C library, and unpacks them into a
 * folder. Needs no root: this machine's own package lists are not touched.
 * @param {Wanted} wanted
 * @returns {Promise<string[]>} what was unpacked, as `name=version`
 * @throws Error with what failed
 */
export async function unpackDebianRelease({ packages, release, folder, log }) {
  mkdirSync(CACHE_FOLDER, { recursive: true });
  const unlock = await takeLock(join(CACHE_FOLDER, 'apt-get.lock'), { waitMs: QUEUE_WAIT_MS });
  const apt = join(folder, '.apt');
  const downloads = join(folder, '.debs');
  try {
    mkdirSync(downloads, { recursive: true });
    const options = aptOptions(apt, release);
    /** @param {readonly string[]} args @param {string} [cwd] */
    const attempt = async (args, cwd) => {
      const done = await aptGet([...options, ...args], cwd);
      if (done.code !== 0) throw new Error(`apt-get ${args[0]} failed: ${done.output.trim().split('\n').slice(-5).join('\n')}`);
      return done.stdout;
    };
    log(`apt-get update (of Debian's release ${release}, into .jobline/cache) ...`);
    await attempt(['update', '-q']);
    const found = packagesOfPlan(await attempt(['install', '-s', '--no-install-recommends', ...packages]));
    await attempt(['download', '-q', ...found], downloads);
    for (const deb of readdirSync(downloads)) {
      const unpack = await run('dpkg', ['-x', join(downloads, deb), folder]);
      if (unpack.code !== 0) throw new Error(`Unpacking ${deb} failed: ${unpack.output}`);
    }
    return found;
  } finally {
    removeFolder(apt);
    removeFolder(downloads);
    unlock();
  }
}
