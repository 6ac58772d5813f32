import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** @typedef {{ pid: number, startTime: string | undefined }} Identity A process, not merely its number: numbers are used again. */

/**
 * State letter and start time (clock ticks since boot) of a process.
 * @param {number} pid
 */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name stands in brackets and may contain spaces and brackets itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], startTime: fields[19] };
  } catch {
    return undefined;
  }
}

/**
 * What tells a process from a later one with the same number.
 * @param {number} pid
 * @returns {Identity}
 */
export function identityOf(pid) {
  return { pid, startTime: statOf(pid)?.startTime };
}

/**
 * Whether that very process still runs (a zombie does not).
 * @param {Identity} identity
 */
export function isRunning({ pid, startTime }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return false;
  }
  const stat = statOf(pid);
  // Without /proc (macOS) the number alone has to do.
  if (!stat) return process.platform !== 'linux';
  return stat.state !== 'Z' && (startTime === undefined || stat.startTime === startTime);
}

/**
 * The command line of a process, its arguments separated by blanks; empty when it is gone.
 * @param {number} pid
 */
export function commandOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/**
 * Sends a signal to that very process; a process that is gone is none of our business.
 * @param {Identity} identity
 * @param {NodeJS.Signals} signal
 */
export function signalProcess(identity, signal) {
  if (!isRunning(identity)) return;
  try {
    process.kill(identity.pid, signal);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
  }
}

/**
 * Waits until the process has ended; false when it still runs after `timeoutMs`.
 * @param {Identity} identity
 * @param {number} timeoutMs
 */
export async function waitForEnd(identity, timeoutMs) {
  const until = Date.now() + timeoutMs;
  while (isRunning(identity)) {
    if (Date.now() >= until) return false;
    await delay(20);
  }
  return true;
}

/**
 * Ends a process: SIGTERM, and SIGKILL after `graceMs` (0: SIGKILL at once). Resolves once it is gone.
 * @param {Identity} identity
 * @param {number} graceMs
 */
export async function endProcess(identity, graceMs) {
  if (graceMs > 0) {
    signalProcess(identity, 'SIGTERM');
    if (await waitForEnd(identity, graceMs)) return;
  }
  signalProcess(identity, 'SIGKILL');
  if (!(await waitForEnd(identity, 10_000))) throw new Error(`Process ${identity.pid} did not end after SIGKILL.`);
}

/** @typedef {{ code: number, output: string, stdout: string }} Finished */

/**
 * Runs a command to its end and gathers what it printed; never rejects: a command that cannot be started has code 127.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number, input?: string }} [options]
 * @returns {Promise<Finished>}
 */
export function run(command, args, { cwd, env, timeoutMs, input } = {}) {
  return new Promise((resolve) => {
    let output = '';
    let stdout = '';
    const child = spawn(command, args, { cwd, env, timeout: timeoutMs, killSignal: 'SIGKILL', stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}).end(input);
    child.stdout.on('data', (chunk) => {
      output += chunk;
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ code: 127, output: `${output}${error.message}\n`, stdout }));
    child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), output, stdout }));
  });
}

/**
 * Text of a file; empty when there is none.
 * @param {string} file
 */
export function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/**
 * The last lines of a log; empty when there is none.
 * @param {string} file
 * @param {number} lines
 */
export function tailOf(file, lines) {
  return textOf(file).trim().split('\n').slice(-lines).join('\n');
}
