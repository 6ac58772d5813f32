import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT } from './install/cache.mjs';
import { setUp } from './setup.mjs';

// npm run test:matrix: the tests once more on other releases of Node.js, which come from npm's package `node`. Arguments are
// those of `npm test`; NODE_VERSIONS names the releases.

const VERSIONS = (process.env['NODE_VERSIONS'] ?? '22,24').split(',').map((version) => version.trim());

/** @param {string} version @param {readonly string[]} args @returns {Promise<{ code: number, last: string }>} */
function runOn(version, args) {
  const child = spawn('npx', ['--yes', '-p', `node@${version}`, 'node', join(PROJECT, 'deploy/local/test.mjs'), ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  child.stdout.on('data', (/** @type {Buffer} */ text) => {
    process.stdout.write(text);
    last = `${last}${text}`.slice(-2_000);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, last: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, last: last.trim().split('\n').at(-1) ?? '' }));
  });
}

// Before the others: their npm would install for their own release what this one has.
await setUp((line) => void process.stdout.write(`${line}\n`));
const results = [];
for (const version of VERSIONS) results.push({ version, ...(await runOn(version, process.argv.slice(2))) });
process.stdout.write(
  `\n${results.map(({ version, code, last }) => `Node ${version}: ${code === 0 ? 'ok' : 'FAILED'}, ${last}`).join('\n')}\n`,
);
process.exit(results.every(({ code }) => code === 0) ? 0 : 1);
