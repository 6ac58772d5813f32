import { get } from 'node:http';
import { join, relative } from 'node:path';
import { LockHeldError, readJson } from './folders.mjs';
import { PROJECT } from './install/cache.mjs';
import { limited, summarize } from './log-summary.mjs';
import { setUp } from './setup.mjs';
import { choosePort, parseStartArguments, USAGE, UsageError } from './start-options.mjs';
import { onStopSignals } from './stop-signals.mjs';
import { System } from './system.mjs';

const FOLDER = join(PROJECT, '.jobline');
const DEFAULT_PORT = 8_080;
const DEFAULT_ADMIN_PORT = 8_081;

/** @param {string} line */
const print = (line) => void process.stdout.write(`${line}\n`);

// A reader of our output that goes away must not stop the system.
process.stdout.on('error', () => {});

/** @param {string} url @returns {Promise<boolean>} whether there is such a page */
function exists(url) {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

/** A body that the API takes as it is. */
const EXAMPLE = '{"input":{"rows":[{"city":"Oslo","sold":12},{"city":"Rome","sold":7}]}}';

/** @param {System} system */
async function describe(system) {
  const { api, admin, managementUrl, mongodbUrl } = system;
  const management = managementUrl && new URL(managementUrl);
  const docs = (await exists(`${api}/docs`)) ? `${api}/docs` : `${api}/openapi.json`;
  const table = [
    ['API', api],
    ...((await exists(docs)) ? [['Docs', docs]] : []),
    ['Admin', admin],
    ['RabbitMQ', management ? management.origin : system.rabbitmq.url],
    ...(management ? [['', `user ${management.username}, password ${management.password}`]] : []),
    ['MongoDB', mongodbUrl],
    ['Logs', `${relative(process.cwd(), join(system.folder, 'logs'))}/`],
  ];
  const lines = table.map(([name = '', value]) => `  ${name.padEnd(10)}${value}`);
  return [
    '',
    ...lines,
    '',
    'Try it:',
    `  curl -s ${api}/generate-file -H 'Content-Type: application/json' -d '${EXAMPLE}'`,
    `  curl -s ${api}/v1/jobs`,
    'With the job_id that these tell:',
    `  curl -s ${api}/jobs/JOB_ID/status`,
    `  curl -s ${api}/v1/jobs/JOB_ID/outputs`,
    '',
    'Ctrl-C stops everything.',
    'ready',
  ].join('\n');
}

/** @param {number} pid */
function alreadyRunning(pid) {
  const api = readJson(join(FOLDER, 'stack.json'))?.api;
  return new UsageError(
    `Jobline runs already from this folder (process ${pid}${api ? `, ${api}` : ', still starting'}). Stop that one first.`,
  );
}

async function main() {
  const { isHelp, scale } = parseStartArguments(process.argv.slice(2));
  if (isHelp) return print(USAGE);
  await setUp(print);
  const port = await choosePort('PORT', process.env['PORT'], DEFAULT_PORT);
  const adminPort = await choosePort('ADMIN_PORT', process.env['ADMIN_PORT'], DEFAULT_ADMIN_PORT);
  const show = limited(print);
  const onLog = (/** @type {string} */ name, /** @type {string} */ line) => {
    const text = summarize(name, line);
    if (text !== undefined) show(text);
  };
  const system = new System({ folder: FOLDER, temporary: false, scale, port, adminPort, log: print, onLog });
  let isStopping = false;
  let exitCode = 0;
  onStopSignals(
    (signal) => {
      isStopping = true;
      print(`${signal}: stopping; work in flight may finish (again to stop at once) ...`);
      void system.stop().then(() => {
        print('Stopped.');
        process.exit(exitCode);
      }, fail);
    },
    () => {
      exitCode = 1;
      system.stopNow().catch(fail);
    },
  );
  try {
    await system.start();
  } catch (error) {
    if (isStopping) return;
    throw error instanceof LockHeldError ? alreadyRunning(error.pid) : error;
  }
  print(await describe(system));
  // The services are processes of their own: without a timer nothing would keep this one alive.
  setInterval(() => {}, 3_600_000);
}

/** @param {unknown} error */
function fail(error) {
  const isExpected = error instanceof Error && !/^(Type|Reference|Range|Syntax)Error$/.test(error.name);
  process.stderr.write(`${isExpected ? /** @type {Error} */ (error).message : /** @type {Error} */ (error)?.stack}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

main().catch(fail);
