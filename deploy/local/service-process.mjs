import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { forgetProcess, recordProcess } from './folders.mjs';
import { keeper } from './keeper.mjs';
import { LogFollower } from './log-follower.mjs';
import { freePorts } from './ports.mjs';
import { isRunning, signalProcess, tailOf, waitForEnd } from './processes.mjs';

/** @typedef {import('./processes.mjs').Identity} Identity */

const READY_MS = 90_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A process that lived this long starts again without delay after a crash. */
const STEADY_MS = 60_000;
/**
 * The young generation begins at the size that it comes to under load: while it grows, batches survive its collections and are copied
 * (docs/decisions.md).
 */
const YOUNG_GENERATION = '--min-semi-space-size=16';
/** Wrong settings do not get better by trying again (EX_CONFIG of sysexits.h). */
const EX_CONFIG = 78;

/** @param {number} port @returns {Promise<boolean>} whether GET /readyz answers 200 */
function isReady(port) {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/readyz', timeout: 5_000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

/** One service as a process of its own, started again when it crashes. */
export class ServiceProcess {
  #main;
  #nodeOptions;
  #folder;
  #env;
  #isRestarted;
  #onLine;
  #onChange;
  #say;
  /** @type {Identity | undefined} */
  #process;
  /** @type {number | undefined} */
  #exitCode;
  #healthPort = 0;
  #startedAt = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #isStopping = false;
  /** Before it has been ready once, an end is a failed start, and not repeated. */
  #wasReady = false;
  /** @type {NodeJS.Timeout | undefined} */
  #restartTimer;
  /** @type {LogFollower | undefined} */
  #follower;

  /**
   * @param {object} options
   * @param {string} options.service
   * @param {string} options.name the service and which of its processes, `p1-worker-2`
   * @param {string} options.main path of its module
   * @param {number | undefined} options.heapMb most that its JavaScript heap may take
   * @param {string} options.folder where its log and its process id go
   * @param {NodeJS.ProcessEnv} options.env
   * @param {boolean} options.isRestarted whether it is started again when it ends unasked
   * @param {(line: string) => void} options.onLine told each line of its log
   * @param {() => void} options.onChange told when its process is another one
   * @param {(line: string) => void} options.say for people
   */
  constructor({ service, name, main, heapMb, folder, env, isRestarted, onLine, onChange, say }) {
    this.service = service;
    this.name = name;
    this.#main = main;
    this.#nodeOptions = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`, YOUNG_GENERATION];
    this.#folder = folder;
    this.#env = env;
    this.#isRestarted = isRestarted;
    this.#onLine = onLine;
    this.#onChange = onChange;
    this.#say = say;
  }

  /** Process id, undefined while it is down. */
  get pid() {
    return this.#process && isRunning(this.#process) ? this.#process.pid : undefined;
  }

  /** Whether it ran, and does not any more. One that is being started has not ended. */
  get hasEnded() {
    return this.#startedAt > 0 && this.pid === undefined;
  }

  /** Port of /livez and /readyz. */
  get healthPort() {
    return this.#healthPort;
  }

  get logFile() {
    return join(this.#folder, 'logs', `${this.name}.log`);
  }

  /** Starts it and waits until it is ready. @throws Error with the end of its log when it ends before */
  async start() {
    await this.#spawn();
    await this.waitUntilReady();
  }

  /** @throws Error when it ends, or is not ready within 90 s */
  async waitUntilReady() {
    const until = Date.now() + READY_MS;
    while (!(await isReady(this.#healthPort))) {
      if (this.#isStopping) throw new Error(`${this.name} was stopped before it was ready.`);
      if (this.pid === undefined && this.#restartTimer === undefined)
        throw this.#failure(`ended with code ${this.#exitCode} before it was ready`);
      if (Date.now() > until) throw this.#failure(`was not ready within ${READY_MS / 1_000} s`);
      await delay(50);
    }
    this.#wasReady = true;
  }

  /** @param {string} what */
  #failure(what) {
    return new Error(`${this.name} ${what}; its log is ${this.logFile}:\n${tailOf(this.logFile, 15)}`);
  }

  async #spawn() {
    mkdirSync(join(this.#folder, 'logs'), { recursive: true });
    this.#healthPort = /** @type {number} */ ((await freePorts(1))[0]);
    const output = openSync(this.logFile, 'a', 0o600);
    this.#follower ??= new LogFollower({ file: this.logFile, onLine: this.#onLine });
    this.#follower.start();
    const env = { ...this.#env, HEALTH_PORT: String(this.#healthPort) };
    // In a session of its own: Ctrl-C is for the launcher, which then stops the services in order.
    const child = spawn(process.execPath, [...this.#nodeOptions, this.#main], { env, detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    child.unref();
    child.once('exit', (code, signal) => this.#onExit(code, signal));
    await new Promise((resolve, reject) => child.once('spawn', () => resolve(undefined)).once('error', reject));
    const pid = /** @type {number} */ (child.pid);
    recordProcess(this.#folder, this.name, pid);
    this.#process = keeper.guardProcess(pid, { level: 'service', graceMs: 10_000 });
    this.#startedAt = Date.now();
    this.#onChange();
  }

  /** @param {number | null} code @param {NodeJS.Signals | null} signal */
  #onExit(code, signal) {
    const pid = this.#process?.pid;
    if (pid !== undefined) keeper.forgetProcess(pid);
    forgetProcess(this.#folder, this.name);
    this.#process = undefined;
    this.#exitCode = code ?? 128;
    this.#follower?.stop();
    if (this.#isStopping || !this.#wasReady) return;
    const isSteady = Date.now() - this.#startedAt > STEADY_MS;
    this.#pauseMs = isSteady ? FIRST_PAUSE_MS : this.#pauseMs;
    const why = signal ? `was killed by ${signal}` : `ended with code ${code}`;
    if (this.#isRestarted && code !== EX_CONFIG) {
      this.#say(`${this.name} ${why}; starting it again in ${this.#pauseMs / 1_000} s (${this.logFile})`);
      this.#restartTimer = setTimeout(() => this.#restart(), this.#pauseMs);
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    } else this.#say(`${this.name} ${why} (${this.logFile})`);
    this.#onChange();
  }

  #restart() {
    this.#restartTimer = undefined;
    if (this.#isStopping) return;
    this.#spawn()
      .then(() => this.waitUntilReady())
      .then(() => this.#say(`${this.name} is ready again (process ${this.pid})`))
      .catch((error) => {
        if (!this.#isStopping) this.#say(error.message);
      });
  }

  /**
   * Sends a signal. SIGKILL resolves when the process is gone, others at once.
   * @param {NodeJS.Signals} signal
   */
  async kill(signal) {
    const target = this.#process;
    if (!target) return;
    signalProcess(target, signal);
    if (signal === 'SIGKILL') await waitForEnd(target, 10_000);
  }

  /**
   * Ends it for good: SIGTERM, and SIGKILL after `graceMs`.
   * @param {number} graceMs
   * @returns {Promise<boolean>} whether it ended by itself in time
   */
  async stop(graceMs) {
    this.#isStopping = true;
    clearTimeout(this.#restartTimer);
    const target = this.#process;
    if (!target) {
      this.#follower?.stop();
      return true;
    }
    if (graceMs > 0) signalProcess(target, 'SIGTERM');
    const isInTime = graceMs > 0 && (await waitForEnd(target, graceMs));
    if (!isInTime) {
      signalProcess(target, 'SIGKILL');
      await waitForEnd(target, 10_000);
    }
    this.#follower?.stop();
    return isInTime;
  }
}
