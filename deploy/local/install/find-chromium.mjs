import { delimiter, join } from 'node:path';
import { run } from '../processes.mjs';
import { cached, cacheOnce } from './cache.mjs';
import { aptCommand, environmentOf, hasApt, unpackDebianPackages } from './debian.mjs';
import { findExecutable } from './on-path.mjs';

/** @typedef {{ program: string, env: Record<string, string>, from: string }} Chromium */

const CACHE_NAME = 'chromium-debian';
const PACKAGES = ['chromium'];
const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Past Debian's script, which looks for the program in the system. @param {string} folder @returns {Chromium} */
function unpacked(folder) {
  const env = environmentOf(folder);
  // One library is found by the path that is written into another.
  const libraries = [env['LD_LIBRARY_PATH'], join(folder, 'usr/lib/x86_64-linux-gnu/pulseaudio')].join(delimiter);
  const program = join(folder, 'usr/lib/chromium/chromium');
  return { program, env: { ...env, LD_LIBRARY_PATH: libraries }, from: `Debian's package, unpacked in ${folder}` };
}

/**
 * A Chromium for the tests: CHROMIUM, an installed one, else Debian's package in the cache.
 * @param {(line: string) => void} log
 * @returns {Promise<Chromium>}
 * @throws Error naming what to do when there is none and none can be fetched
 */
export async function findChromium(log) {
  const named = process.env['CHROMIUM']?.trim();
  if (named) return { program: named, env: {}, from: 'CHROMIUM' };
  const program = NAMES.map((name) => findExecutable(name, ['/usr/bin'])).find(Boolean);
  if (program) return { program, env: {}, from: program };
  const folder = cached(CACHE_NAME);
  if (folder) return unpacked(folder);
  if (!(await hasApt()))
    throw new Error(`Chromium was not found on PATH; install it (Debian: ${aptCommand(PACKAGES)}), or name it by CHROMIUM.`);
  log("Chromium is not installed: fetching Debian's package chromium into .jobline/cache (400 MB unpacked) ...");
  const fill = async (/** @type {string} */ half) => {
    const packages = await unpackDebianPackages({ packages: PACKAGES, folder: half, log });
    const { program: made, env } = unpacked(half);
    const check = await run(made, ['--version'], { env: { ...process.env, ...env } });
    if (check.code !== 0)
      throw new Error(`The unpacked Chromium does not run. Run this yourself:\n  ${aptCommand(PACKAGES)}\n${check.output}`);
    return { packages };
  };
  return unpacked(await cacheOnce(CACHE_NAME, fill, log));
}
