import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endRecorded, forgetProcess, readJson, recordProcess, removeFolder, takeLock, writeJson } from './folders.mjs';
import { keeper } from './keeper.mjs';
import { REPLICA_SET, rewriteMembers, waitForAnswer } from './mongo-replica-set.mjs';
import { freePorts, tryPort } from './ports.mjs';
import { endProcess, isRunning, tailOf } from './processes.mjs';

/** @typedef {import('./processes.mjs').Identity} Identity */
/** @typedef {import('./install/find-mongod.mjs').MongodProgram} MongodProgram */

const STOP_MS = 30_000;
const START_MS = 60_000;
/** The first thread of a killed mongod may be gone while others still hold its port. */
const PORT_MS = 10_000;
const LOOK_AGAIN_MS = 50;

/** One mongod of our own on a loopback port, in a folder of its own; a member of a replica set. */
export class ProgramMongod {
  #program;
  #isTemporary;
  #cacheGb;
  #parameters;
  #log;
  /** @type {Identity | undefined} */
  #process;
  /** @type {() => void} */
  #unlock = () => {};
  #isOpen = false;
  port = 0;

  /**
   * @param {{ program: MongodProgram, folder: string, isTemporary: boolean, cacheGb: number, parameters: readonly string[],
   *   log: (line: string) => void }} options
   */
  constructor({ program, folder, isTemporary, cacheGb, parameters, log }) {
    this.folder = folder;
    this.#program = program;
    this.#isTemporary = isTemporary;
    this.#cacheGb = cacheGb;
    this.#parameters = parameters;
    this.#log = log;
  }

  /** Process id of mongod, undefined while it is down. */
  get pid() {
    return this.#process && isRunning(this.#process) ? this.#process.pid : undefined;
  }

  get logFile() {
    return join(this.folder, 'mongod.log');
  }

  /** Takes its folder, and ends what a killed run has left there. */
  async open() {
    mkdirSync(join(this.folder, 'data'), { recursive: true, mode: 0o700 });
    this.#unlock = await takeLock(join(this.folder, 'lock'));
    keeper.acquire();
    this.#isOpen = true;
    if (this.#isTemporary) keeper.guardPath(this.folder);
    const left = await endRecorded(this.folder);
    if (left.length > 0) this.#log(`Ended what a killed run had left: ${left.join(', ')}.`);
  }

  /**
   * Chooses its port: that of the last time when it is free.
   * @param {boolean} isNew any other
   */
  async choosePort(isNew) {
    const known = readJson(this.#settingsFile)?.port;
    this.port = !isNew && known && (await tryPort(known)) ? known : (await freePorts(1))[0];
    writeJson(this.#settingsFile, { ...readJson(this.#settingsFile), port: this.port });
  }

  /**
   * Tells a member that has run before where all members are now.
   * @param {readonly number[]} ports
   */
  async learnMembers(ports) {
    const known = readJson(this.#settingsFile)?.members;
    if (known && JSON.stringify(known) !== JSON.stringify(ports)) {
      await this.#run([]);
      await rewriteMembers(this.port, ports);
      await this.stop();
    }
    writeJson(this.#settingsFile, { port: this.port, members: ports });
  }

  get #settingsFile() {
    return join(this.folder, 'settings.json');
  }

  /** Whether its last start failed because another program listens on its port. */
  get isPortTaken() {
    return /Address already in use/i.test(tailOf(this.logFile, 60));
  }

  /** Starts it on its port and waits until it answers. */
  async start() {
    await this.#run(['--replSet', REPLICA_SET, '--oplogSize', '512']);
  }

  /** @param {readonly string[]} options */
  async #run(options) {
    await this.#untilPortIsFree();
    const args = [...options, '--bind_ip', '127.0.0.1', '--port', String(this.port), '--nounixsocket'];
    args.push('--dbpath', join(this.folder, 'data'), '--logpath', this.logFile, '--logappend');
    args.push('--wiredTigerCacheSizeGB', String(this.#cacheGb));
    args.push('--setParameter', 'diagnosticDataCollectionEnabled=false');
    // A lone member would wait 15 s for somebody to take over before it stops.
    args.push('--setParameter', 'shutdownTimeoutMillisForSignaledShutdown=100');
    for (const one of this.#parameters) args.push('--setParameter', one);
    const output = openSync(join(this.folder, 'mongod.out'), 'a', 0o600);
    const env = { ...process.env, ...this.#program.env };
    const child = spawn(this.#program.mongod, args, { cwd: this.folder, env, detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    child.unref();
    await new Promise((resolve, reject) => child.once('spawn', () => resolve(undefined)).once('error', reject));
    const pid = /** @type {number} */ (child.pid);
    recordProcess(this.folder, 'mongod', pid);
    this.#process = keeper.guardProcess(pid, { level: 'server', graceMs: this.#isTemporary ? 0 : STOP_MS });
    if (!(await waitForAnswer(this.port, () => this.pid !== undefined, START_MS))) throw this.#startFailure();
  }

  /** After a while it is tried all the same, and its log says what stands against it. */
  async #untilPortIsFree() {
    for (const untilMs = performance.now() + PORT_MS; performance.now() < untilMs; await delay(LOOK_AGAIN_MS)) {
      if ((await tryPort(this.port)) !== undefined) return;
    }
  }

  #startFailure() {
    const what = this.pid === undefined ? 'ended at its start' : `did not answer within ${START_MS / 1_000} s`;
    return new Error(
      `mongod ${what}; its log is ${this.logFile}:\n${tailOf(join(this.folder, 'mongod.out'), 5)}\n${tailOf(this.logFile, 10)}`,
    );
  }

  /** @param {number} graceMs */
  async #end(graceMs) {
    if (!this.#process) return;
    await endProcess(this.#process, graceMs);
    keeper.forgetProcess(this.#process.pid);
    forgetProcess(this.folder, 'mongod');
    this.#process = undefined;
  }

  async stop() {
    await this.#end(STOP_MS);
  }

  async kill() {
    await this.#end(0);
  }

  /** Ends it for good: a temporary one is killed and its folder removed, another is stopped in order. */
  async dispose() {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#end(this.#isTemporary ? 0 : STOP_MS);
    this.#unlock();
    if (this.#isTemporary) {
      removeFolder(this.folder);
      keeper.forgetPath(this.folder);
    }
    await keeper.release();
  }
}
