import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT } from './install/cache.mjs';
import { limited, summarize } from './log-summary.mjs';
import { setUp } from './setup.mjs';
import { onStopSignals } from './stop-signals.mjs';
import { System } from './system.mjs';

// npm run demo: the whole system in a temporary folder, one report through its HTTP API, and everything gone again.

/** Exit code for arguments that make no sense, as `npm start` has it. */
const EX_USAGE = 2;
const COMPILED = join(PROJECT, 'dist', 'deploy', 'local');

/** @param {string} line */
const print = (line) => void process.stdout.write(`${line}\n`);

/**
 * Runs the client and returns its exit code.
 * @param {string} api
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function runClient(api, args) {
  const client = spawn(process.execPath, [join(COMPILED, 'demo-client.js'), ...args], {
    env: { ...process.env, JOBLINE_API: api },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return new Promise((resolve) => {
    client.once('exit', (code) => resolve(code ?? 1));
    client.once('error', () => resolve(1));
  });
}

/** @returns {Promise<number>} exit code */
async function main() {
  const args = process.argv.slice(2);
  const startedAt = Date.now();
  await setUp(print);
  // Wrong arguments are told before anything is started.
  const { parseDemoOptions, DEMO_USAGE, DemoUsageError } = await import(pathToFileURL(join(COMPILED, 'demo-options.js')).href);
  try {
    if (parseDemoOptions(args, process.env['INIT_CWD'] ?? process.cwd()).isHelp) {
      print(DEMO_USAGE);
      return 0;
    }
  } catch (error) {
    if (!(error instanceof DemoUsageError)) throw error;
    process.stderr.write(`${/** @type {Error} */ (error).message}\n`);
    return EX_USAGE;
  }
  // In a terminal the client draws its bar in the line that these would go into.
  const show = limited((line) => print(process.stdout.isTTY ? `\r\x1b[2K${line}` : line));
  const onLog = (/** @type {string} */ name, /** @type {string} */ line) => {
    // What happens to the job is the client's to tell.
    const text = line.includes('"job_id"') ? undefined : summarize(name, line);
    if (text !== undefined) show(text);
  };
  const system = new System({ log: print, onLog });
  let isStopped = false;
  onStopSignals(
    (signal) => {
      isStopped = true;
      print(`\n${signal}: stopping ...`);
      void system.stop().finally(() => process.exit(130));
    },
    () => process.exit(130),
  );
  try {
    await system.start();
    print(`The system is up after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s: ${system.api}`);
    return await runClient(system.api, args);
  } catch (error) {
    if (isStopped) return 130;
    throw error;
  } finally {
    await system.stop();
  }
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
