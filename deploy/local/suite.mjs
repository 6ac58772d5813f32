import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './install/cache.mjs';
import { onStopSignals } from './stop-signals.mjs';
import { sumOfVerdicts } from './verdict-lines.mjs';

// npm run test:rabbitmq4, test:cluster, test:schedules, test:runbooks: a selection of the tests on other servers, by the launcher of `npm test`, whose
// arguments may follow. The last line adds up what the oracles have said of every run under faults.

/** Those parts of the whole that rest on what the broker does: acknowledging, redelivery, dead letters, alarms, permissions. */
const ON_RABBITMQ = [
  'test/integration/rabbit-*.test.ts',
  'test/contract/message-bus-rabbit.test.ts',
  ...['broker-outage', 'cancel-retry', 'drain', 'health', 'kill-services', 'pipeline', 'poison', 'stages'].map(
    (name) => `test/e2e/${name}.test.ts`,
  ),
  'test/chaos/tier-*.test.ts',
];

/** @type {Record<string, { paths: readonly string[], env: NodeJS.ProcessEnv }>} */
const SUITES = {
  rabbitmq4: { paths: ON_RABBITMQ, env: { JOBLINE_RABBITMQ: '4' } },
  cluster: { paths: ['test/cluster/*.test.ts'], env: {} },
  schedules: { paths: ['test/schedules/*.test.ts'], env: {} },
  runbooks: { paths: ['test/runbooks/*.test.ts'], env: {} },
};

/** mocha calls a pattern that matches nothing a mistake. @param {string} path */
function isThere(path) {
  const [, folder = '', name = ''] = /^(.*)\/([^/]*)$/.exec(path) ?? [];
  const pattern = new RegExp(`^${name.replaceAll('.', '\\.').replace('*', '.*')}$`);
  return existsSync(join(PROJECT, folder)) && readdirSync(join(PROJECT, folder)).some((file) => pattern.test(file));
}

const [name = '', ...args] = process.argv.slice(2);
const suite = SUITES[name];
if (!suite) throw new Error(`There is no suite ${JSON.stringify(name)}; there are ${Object.keys(SUITES).join(', ')}.`);
const paths = args.some((one) => /\.test\.ts$/.test(one)) ? [] : suite.paths.filter(isThere);

const child = spawn(process.execPath, [join(PROJECT, 'deploy/local/test.mjs'), ...paths, ...args], {
  cwd: PROJECT,
  env: { ...process.env, ...suite.env },
  stdio: ['ignore', 'pipe', 'inherit'],
});
let said = '';
child.stdout.on('data', (/** @type {Buffer} */ text) => {
  process.stdout.write(text);
  said += text;
});
onStopSignals(
  () => void child.kill('SIGTERM'),
  () => void child.kill('SIGTERM'),
);
child.once('close', (code) => {
  const sum = sumOfVerdicts(said);
  process.stdout.write(`${sum.line}\n`);
  process.exit(code === 0 && sum.isGood ? 0 : 1);
});
