import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeTemporaryFolder, readJson, recordProcess, removeFolder, sweepTemporaryFolders } from './folders.mjs';
import { PROJECT } from './install/cache.mjs';
import { keeper } from './keeper.mjs';
import { commandOf, endProcess, identityOf, signalProcess } from './processes.mjs';
import { serverVersion } from './rabbitmq-probe.mjs';
import { startServers } from './servers.mjs';
import { setUp } from './setup.mjs';
import { onStopSignals } from './stop-signals.mjs';

// npm test: sets up, starts one RabbitMQ and one MongoDB for all tests, runs mocha, looks for what was left behind, and
// ends with the line `N passed, N failed`. Arguments are mocha's: paths, --grep.

/**
 * For the MongoDB that all tests share: a database that a test has dropped keeps its 150 files open for the 5 minutes of which the server
 * remembers snapshots, and some hundred tests a minute would reach the limit of open files.
 */
const FORGETS_SOON = ['minSnapshotHistoryWindowInSeconds=0', 'syncdelay=10'];

/** Files of whole systems that together take as long as all others: most of it is waiting. */
const LONG_E2E = ['broker-outage', 'drain', 'metrics', 'mongo-outage'];

/**
 * What is in one line runs side by side: tests of the whole system wait most of the time. Chaos has the machine for itself:
 * it runs several systems at once, whose leases are short.
 */
const PHASES = [
  [
    `dist/test/e2e/!(${LONG_E2E.join('|')}).test.js`,
    `dist/test/e2e/@(${LONG_E2E.join('|')}).test.js`,
    'dist/test/{unit,contract,architecture,simulation,model,integration}/**/*.test.js',
  ],
  ['dist/test/chaos/**/*.test.js'],
];
const TEST_TIMEOUT_MS = 30_000;
/** After its last test mocha ends by itself unless a test left something open. */
const END_MS = 20_000;
/** Mocha's own timeouts do not end a test that never gives the processor away. */
const STALL_MS = 600_000;
const LEFT_MS = 15_000;
const SAID_MS = 1_000;
/** Settings for the user's own stack, which tests must not see. */
const USERS_VARIABLES = [
  'RABBITMQ_URL',
  'RABBITMQ_MANAGEMENT_URL',
  'MONGODB_URL',
  'PORT',
  'ADMIN_PORT',
  'HOST',
  'ADMIN_HOST',
  'JOBLINE_AUTH',
  'JOBLINE_KEY_PEPPER',
  'JOBLINE_KEY_PEPPER_FILE',
  'JOBLINE_BOOTSTRAP_KEY',
  'JOBLINE_API_KEY',
  'JOBLINE_SIGNING_KEYS',
  'JOBLINE_SIGNING_KEYS_FILE',
  'TOPOLOGY',
  'JOBLINE_STACK',
  'LOG_LEVEL',
];

/** In the environment of everything that the tests start. */
const MARK = `JOBLINE_TEST_RUN=${process.pid}-${Date.now()}`;

/** @param {string} base @param {number} lane */
const countsIn = (base, lane) => join(base, `counts-${lane}.json`);

/** @param {string} line */
const print = (line) => void process.stdout.write(`${line}\n`);

/** @typedef {{ passed: number, failed: number, skipped: number, current?: string, isEnded?: boolean }} Counts */

/** @param {string} argument @returns {boolean} whether it names test files rather than an option */
const isPath = (argument) => /[./]/.test(argument) && !argument.startsWith('-');

/**
 * Arguments for mocha, a list for each run, by phases: `test/x.test.ts` means the compiled file, and paths are one run.
 * @param {readonly string[]} args
 */
function mochaPhases(args) {
  const options = args.map((one, index) =>
    isPath(one) && !/^-(g|f|-grep|-fgrep)$/.test(args[index - 1] ?? '')
      ? one.replace(/^(?:\.\/)?test\//, 'dist/test/').replace(/\.ts$/, '.js')
      : one,
  );
  const hasPaths = options.some((one) => one.startsWith('dist/test/'));
  const reporter = join(PROJECT, 'deploy/local/test-reporter.cjs');
  const fixed = ['--reporter', reporter, '--timeout', String(TEST_TIMEOUT_MS), '--forbid-only'];
  const mocha = join(PROJECT, 'node_modules/mocha/bin/mocha.js');
  if (hasPaths) return [[[mocha, ...fixed, ...options]]];
  return PHASES.map((phase) => phase.map((tests) => [mocha, ...fixed, tests, ...options]));
}

/**
 * Runs mocha to its end; one that has ended its tests but not itself is killed and counted as failed. What the first lane
 * says is shown as it comes, what the others say when they have ended.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @param {string} base folder of this run
 * @param {number} lane
 * @returns {Promise<Counts>}
 */
async function runMocha(args, env, base, lane) {
  const countsFile = countsIn(base, lane);
  // That of the phase before says that it has ended.
  rmSync(countsFile, { force: true });
  const shown = lane === 0 ? 'inherit' : 'pipe';
  const child = spawn(process.execPath, args, {
    cwd: PROJECT,
    env: { ...env, JOBLINE_TEST_COUNTS: countsFile },
    stdio: ['ignore', shown, shown],
  });
  /** @type {Buffer[]} */
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (/** @type {Buffer} */ data) => said.push(data));
  const exited = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', (error) => resolve({ code: 1, signal: error.message }));
  });
  if (child.pid !== undefined) {
    keeper.guardProcess(child.pid, { level: 'service', graceMs: 5_000 });
    recordProcess(base, `mocha-${lane}`, child.pid);
  }
  /** @type {string | undefined} */
  let hanging;
  const watch = watchEnd(countsFile, (why) => {
    hanging = why;
    child.kill('SIGKILL');
  });
  const { code, signal } = /** @type {{ code: number | null, signal: string | null }} */ (await exited);
  clearInterval(watch);
  // What it said may still be on its way; a program that it left behind may keep the pipe open.
  if (lane > 0) await Promise.race([new Promise((resolve) => child.stdout?.once('close', resolve)), delay(SAID_MS)]);
  process.stdout.write(Buffer.concat(said));
  if (child.pid !== undefined) keeper.forgetProcess(child.pid);
  return judge(readJson(countsFile), code, signal, hanging);
}

/** @param {string} countsFile @param {(why: string) => void} onHanging */
function watchEnd(countsFile, onHanging) {
  const startedAt = Date.now();
  return setInterval(() => {
    // The file is written at the start and the end of each test.
    const idleMs = Date.now() - (statSync(countsFile, { throwIfNoEntry: false })?.mtimeMs ?? startedAt);
    const isEnded = readJson(countsFile)?.isEnded === true;
    if (isEnded && idleMs > END_MS)
      onHanging(`The tests ended, but mocha did not within ${END_MS / 1_000} s: a test left a timer, socket or process open`);
    if (!isEnded && idleMs > STALL_MS) onHanging(`No test began or ended for ${STALL_MS / 60_000} minutes`);
  }, 500);
}

/**
 * @param {Counts | undefined} counts
 * @param {number | null} code
 * @param {string | null} signal
 * @param {string | undefined} hanging why it was killed
 * @returns {Counts}
 */
function judge(counts, code, signal, hanging) {
  const { passed = 0, failed = 0, skipped = 0, current = '', isEnded = false } = counts ?? {};
  const fail = (/** @type {string} */ why) => {
    print(why);
    return { passed, failed: failed + 1, skipped };
  };
  const during = current && !isEnded ? `, during "${current}"` : '';
  if (hanging !== undefined) return fail(`${hanging}${during}.`);
  if (!isEnded) return fail(`mocha ended (${signal ?? `code ${code}`}) in the middle of the tests${during}.`);
  if (code !== 0 && failed === 0) return fail(`mocha ended with ${signal ?? `code ${code}`} though no test failed.`);
  return { passed, failed, skipped };
}

/** @param {readonly Counts[]} lanes @returns {Counts} */
function sumOf(lanes) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of lanes) {
    sum.passed += passed;
    sum.failed += failed;
    sum.skipped += skipped;
  }
  if (sum.passed + sum.failed > 0) return sum;
  print('No test was run.');
  return { ...sum, failed: 1 };
}

/** Processes that carry the mark of this run in their environment. @returns {number[]} */
function marked() {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(MARK) && commandOf(pid) !== '';
      } catch {
        return false;
      }
    });
}

/**
 * What the tests left behind: processes, and files in their folder for temporary files. Keepers that are at work are waited for.
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
async function leftBehind(folder) {
  const until = Date.now() + LEFT_MS;
  for (;;) {
    const processes = marked();
    const files = readdirSync(folder);
    if ((processes.length === 0 && files.length === 0) || Date.now() > until) {
      const left = [
        ...processes.map((pid) => `process ${pid}: ${commandOf(pid).slice(0, 200)}`),
        ...files.map((file) => `temporary file: ${file}`),
      ];
      await Promise.all(processes.map((pid) => endProcess(identityOf(pid), 0).catch(() => {})));
      return left;
    }
    await delay(200);
  }
}

/** @param {readonly string[]} args @returns {Promise<Counts>} */
async function runTests(args) {
  await setUp(print);
  await sweepTemporaryFolders();
  const base = makeTemporaryFolder('test');
  keeper.acquire();
  keeper.guardPath(base);
  // Tests get a folder for temporary files and a mark of their own, by which what they leave is found.
  const temporary = join(base, 'files');
  mkdirSync(temporary);
  print('Starting RabbitMQ and MongoDB for the tests ...');
  const servers = await startServers({
    folder: join(base, 'servers'),
    temporary: true,
    mongoParameters: FORGETS_SOON,
    log: print,
    env: { ...process.env, JOBLINE_STACK: undefined },
  });
  /** @type {Counts} */
  let counts;
  try {
    const { rabbitmq, mongodb } = servers;
    const { protocol, hostname, port } = new URL(rabbitmq.url);
    if (protocol === 'amqp:') print(`The tests talk to RabbitMQ ${await serverVersion(hostname, Number(port || 5_672))}.`);
    const [name = '', value = ''] = MARK.split('=');
    const own = Object.entries(process.env).filter(([key]) => !USERS_VARIABLES.includes(key));
    const env = {
      ...Object.fromEntries(own),
      TMPDIR: temporary,
      [name]: value,
      JOBLINE_TEST_RABBITMQ_URL: rabbitmq.url,
      JOBLINE_TEST_MANAGEMENT_URL: rabbitmq.managementUrl ?? '',
      JOBLINE_TEST_MONGODB_URL: mongodb.url,
    };
    /** @type {Counts[]} */
    const all = [];
    for (const phase of mochaPhases(args)) {
      all.push(...(await Promise.all(phase.map((lane, index) => runMocha(lane, env, base, index)))));
    }
    counts = sumOf(all);
    const left = await leftBehind(temporary);
    if (left.length > 0) {
      print(`The tests left behind:\n  ${left.join('\n  ')}`);
      counts = { ...counts, failed: counts.failed + 1 };
    }
  } finally {
    await servers.stop();
    removeFolder(base);
    keeper.forgetPath(base);
    await keeper.release();
  }
  return counts;
}

onStopSignals(
  (signal) => {
    print(`${signal}: the tests are stopped.\n0 passed, 1 failed`);
    // The keeper ends servers and removes the folders; of what the tests have started it does not know.
    for (const pid of marked()) signalProcess(identityOf(pid), 'SIGKILL');
    process.exit(130);
  },
  () => process.exit(130),
);

try {
  const { passed, failed, skipped } = await runTests(process.argv.slice(2));
  if (skipped > 0) print(`${skipped} skipped`);
  print(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 ? 1 : 0);
} catch (error) {
  print(`${error instanceof Error ? (error.stack ?? error.message) : error}\n0 passed, 1 failed`);
  process.exit(1);
}
