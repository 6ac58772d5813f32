import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder, removeFolder } from './folders.mjs';
import { PROJECT } from './install/cache.mjs';
import { run, textOf } from './processes.mjs';
import { runNpm } from './setup.mjs';

const COMPILE_MS = 300_000;

/** The guide, as a page that stands alone: its links lead into the repository. */
function readme() {
  return textOf(join(PROJECT, 'docs/client.md')).replace(/\[([^\]]+)\]\((?!https?:)[^)]+\)/g, '$1');
}

/** @param {string} folder */
async function fill(folder) {
  const tsc = [join(PROJECT, 'node_modules/typescript/bin/tsc'), '-p', join(PROJECT, 'shared/client'), '--outDir', folder];
  const compiled = await run(process.execPath, tsc, { cwd: PROJECT, timeoutMs: COMPILE_MS });
  if (compiled.code !== 0) throw new Error(`The client does not compile:\n${compiled.output.trim()}`);
  const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8'));
  const { name, ...template } = JSON.parse(readFileSync(join(PROJECT, 'shared/client/package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ name, version, ...template }, null, 2)}\n`);
  writeFileSync(join(folder, 'README.md'), readme());
  cpSync(join(PROJECT, 'LICENSE'), join(folder, 'LICENSE'));
}

/**
 * Compiles the client SDK and packs it as an npm package of its own. Needs node_modules.
 * @param {string} destination folder, made where it is missing
 * @returns {Promise<string>} path of the package
 * @throws Error when it does not compile
 */
export async function packClient(destination) {
  const folder = makeTemporaryFolder('client');
  try {
    await fill(folder);
    mkdirSync(destination, { recursive: true });
    const packed = await runNpm(['pack', '--json', '--pack-destination', destination], {}, folder);
    if (packed.code !== 0) throw new Error(`npm pack failed:\n${packed.output.trim()}`);
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return join(destination, `${name}-${version}.tgz`);
  } finally {
    removeFolder(folder);
  }
}
