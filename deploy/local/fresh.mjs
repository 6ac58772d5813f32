import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeTemporaryFolder, removeFolder, sweepTemporaryFolders } from './folders.mjs';
import { makeBareDebian, packageManagerEnvironment, USER } from './fresh/bare-debian.mjs';
import { runInside } from './fresh/run-inside.mjs';
import { PROJECT } from './install/cache.mjs';
import { findExecutable } from './install/on-path.mjs';
import { keeper } from './keeper.mjs';
import { run } from './processes.mjs';
import { onStopSignals } from './stop-signals.mjs';

const USAGE = `Usage: npm run test:fresh -- [--work-tree] [--only STEPS] [--verbose]

Makes a bare Debian 12 in a temporary folder and runs the demo and the tests there, as somebody would who has just
cloned the project. Needs root, and Debian or Ubuntu. The log is .jobline/fresh.log.

  --work-tree      the project as it lies here, instead of its last commit
  --only STEPS     some of demo, again, test, user, offline, separated by commas; demo always comes first
  --verbose        show what the steps print`;

const LOG = join(PROJECT, '.jobline', 'fresh.log');

/** @typedef {{ name: string, what: string, command: string[], isUser?: boolean, hasNetwork?: boolean, mostSeconds?: number }} Step */

/** @type {Step[]} */
const STEPS = [
  { name: 'demo', what: 'npm run demo, nothing installed beforehand', command: ['npm', 'run', 'demo'], mostSeconds: 240 },
  { name: 'again', what: 'npm run demo, the second time', command: ['npm', 'run', 'demo'], mostSeconds: 25 },
  { name: 'test', what: 'npm test', command: ['npm', 'test'] },
  { name: 'user', what: 'npm run demo as a plain user, servers present', command: ['npm', 'run', 'demo'], isUser: true },
  { name: 'offline', what: 'npm run demo without network', command: ['npm', 'run', 'demo'], hasNetwork: false },
];

/** @param {string} text */
function log(text) {
  process.stdout.write(text);
  appendFileSync(LOG, text);
}

/** @param {string} line */
const print = (line) => log(`${line}\n`);

/** @param {string | undefined} only @returns {Step[]} */
function chooseSteps(only) {
  if (only === undefined) return STEPS;
  const names = only.split(',').map((name) => name.trim());
  const wrong = names.find((name) => !STEPS.some((step) => step.name === name));
  if (wrong !== undefined)
    throw new Error(`--only ${only}: ${JSON.stringify(wrong)} is none of ${STEPS.map(({ name }) => name).join(', ')}.`);
  return STEPS.filter(({ name }) => name === 'demo' || names.includes(name));
}

/** A copy of the project, set up and with its servers, that belongs to the plain user. @param {string} root */
async function copyForUser(root) {
  const to = join(root, USER.home, 'jobline');
  const copy = await run('sh', [
    '-c',
    'rm -rf "$2" && cp -a "$1" "$2" && rm -rf "$2/reports" && chown -R "$3:$3" "$(dirname "$2")"',
    'sh',
    join(root, 'root/jobline'),
    to,
    String(USER.id),
  ]);
  if (copy.code !== 0) throw new Error(`Copying the project for ${USER.name} failed:\n${copy.output}`);
}

/**
 * @param {Step} step
 * @param {string} root
 * @param {Record<string, string | undefined>} env
 * @param {boolean} isVerbose
 * @returns {Promise<string>} one line about how it went, starting with ok or FAILED
 */
async function runStep(step, root, env, isVerbose) {
  print(`\n=== ${step.what}`);
  if (step.isUser) await copyForUser(root);
  const startedAt = Date.now();
  let tail = '';
  const { code, leftFiles } = await runInside({
    root,
    ...step,
    env,
    onOutput: (chunk) => {
      const text = chunk.toString();
      tail = (tail + text).slice(-4_000);
      if (isVerbose) log(text);
      else appendFileSync(LOG, text);
    },
  });
  const seconds = (Date.now() - startedAt) / 1_000;
  const problems = [
    ...(code === 0 ? [] : [`exit code ${code}`]),
    ...(step.mostSeconds !== undefined && seconds > step.mostSeconds ? [`took longer than ${step.mostSeconds} s`] : []),
    ...leftFiles.map((file) => `left /tmp/${file}`),
  ];
  const last = tail.trim().split('\n');
  if (!isVerbose) process.stdout.write(`${last.slice(problems.length > 0 ? -25 : -6).join('\n')}\n`);
  const result = `${problems.length > 0 ? 'FAILED' : 'ok    '} ${seconds.toFixed(1).padStart(7)} s  ${step.what}`;
  return problems.length > 0 ? `${result}: ${problems.join('; ')}` : `${result}${step.name === 'test' ? `: ${last.at(-1)}` : ''}`;
}

/** @returns {Promise<number>} exit code */
async function main() {
  const { values } = parseArgs({
    options: {
      'work-tree': { type: 'boolean' },
      only: { type: 'string' },
      verbose: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const steps = chooseSteps(values.only);
  if (process.getuid?.() !== 0) throw new Error('npm run test:fresh needs root: it makes a Debian in a folder and changes into it.');
  for (const tool of ['unshare', 'chroot', 'git'])
    if (!findExecutable(tool, ['/usr/sbin'])) throw new Error(`${tool} was not found on PATH.`);
  mkdirSync(join(PROJECT, '.jobline'), { recursive: true });
  writeFileSync(LOG, '');
  await sweepTemporaryFolders();
  const base = makeTemporaryFolder('fresh');
  keeper.acquire();
  keeper.guardPath(base);
  const results = [];
  try {
    const root = join(base, 'root');
    const startedAt = Date.now();
    await makeBareDebian({ root, isWorkTree: values['work-tree'] === true, log: print });
    const env = packageManagerEnvironment(root);
    print(`A bare Debian is ready after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s.`);
    for (const step of steps) results.push(await runStep(step, root, env, values.verbose === true));
  } finally {
    removeFolder(base);
    keeper.forgetPath(base);
    await keeper.release();
  }
  print(`\n${results.join('\n')}\nThe log is ${LOG}.`);
  return results.every((result) => result.startsWith('ok')) ? 0 : 1;
}

onStopSignals(
  () => process.exit(130),
  () => process.exit(130),
);

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
