import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endRecorded, forgetProcess, recordProcess, removeFolder, takeLock } from './folders.mjs';
import { findExecutable } from './install/on-path.mjs';
import { keeper } from './keeper.mjs';
import { endProcess, isRunning, run, tailOf, textOf } from './processes.mjs';
import { brokerEnvironment, settingsIn, writeConfig } from './rabbitmq-config.mjs';
import { managementAnswers, speaksAmqp } from './rabbitmq-probe.mjs';

/** @typedef {import('./processes.mjs').Identity} Identity */
/** @typedef {import('./rabbitmq-config.mjs').RabbitmqSettings} RabbitmqSettings */
/** @typedef {import('./rabbitmq-config.mjs').Membership} Membership */
/** @typedef {import('./install/find-rabbitmq.mjs').RabbitmqProgram} RabbitmqProgram */

const START_MS = 120_000;
const STOP_MS = 30_000;
const PORT_TRIES = 4;

/** The port mapper that belongs to the `erl` in use. @param {NodeJS.ProcessEnv} env */
function findEpmd(env) {
  const folders = (env['PATH'] ?? '').split(':').filter(Boolean);
  const beside = folders.flatMap((folder) => [
    folder,
    join(dirname(folder), 'usr/lib/erlang/bin'),
    join(dirname(folder), 'lib/erlang/bin'),
  ]);
  const fromPath = beside.map((folder) => join(folder, 'epmd'));
  return findExecutable('epmd', beside) ?? fromPath[0];
}

/** A RabbitMQ of our own: a node, alone or of a cluster, with the management plugin, on loopback ports, in a folder of its own. */
export class ProgramRabbitmq {
  isExternal = false;
  #program;
  #isTemporary;
  #extraConfig;
  #member;
  #log;
  /** @type {RabbitmqSettings} */
  #settings = /** @type {any} */ (undefined);
  /** @type {Identity | undefined} */
  #broker;
  /** @type {Identity | undefined} */
  #epmd;
  #isDisposed = false;
  /** @type {() => void} */
  #unlock = () => {};

  /**
   * @param {{ program: RabbitmqProgram, folder: string, isTemporary: boolean, config: readonly string[],
   *   member?: Membership, log: (line: string) => void }} options `member`: a node of a cluster, which runs the port mapper
   */
  constructor({ program, folder, isTemporary, config, member, log }) {
    this.folder = folder;
    this.#member = member;
    this.#program = program;
    this.#isTemporary = isTemporary;
    this.#extraConfig = config;
    this.#log = log;
  }

  /** Process id of the broker itself (beam.smp), undefined while it is down. */
  get pid() {
    return this.#broker && isRunning(this.#broker) ? this.#broker.pid : undefined;
  }

  get url() {
    const { user, password, ports } = this.#settings;
    return `amqp://${user}:${password}@127.0.0.1:${ports.amqp}/`;
  }

  get port() {
    return this.#settings.ports.amqp;
  }

  get managementPort() {
    return this.#settings.ports.management;
  }

  /** At which the other nodes of its cluster talk to it. */
  get distributionPort() {
    return this.#settings.ports.distribution;
  }

  get managementUrl() {
    return `http://127.0.0.1:${this.managementPort}`;
  }

  /** The same with user and password in it, as RABBITMQ_MANAGEMENT_URL takes it. */
  get managementApi() {
    return `http://${this.user}:${this.password}@127.0.0.1:${this.managementPort}`;
  }

  get user() {
    return this.#settings.user;
  }

  get password() {
    return this.#settings.password;
  }

  get nodeName() {
    return this.#settings.nodeName;
  }

  get logFile() {
    return join(this.folder, 'rabbitmq.log');
  }

  async open() {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#unlock = await takeLock(join(this.folder, 'lock'));
    keeper.acquire();
    try {
      if (this.#isTemporary) keeper.guardPath(this.folder);
      const left = await endRecorded(this.folder);
      if (left.length > 0) this.#log(`Ended what a killed run had left: ${left.join(', ')}.`);
      await this.#startOnFreePorts();
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }

  async #startOnFreePorts() {
    for (let tries = 1; ; tries += 1) {
      this.#settings = await settingsIn(this.folder, { newPorts: tries > 1, member: this.#member });
      try {
        return await this.#start();
      } catch (error) {
        const isPortTaken = this.#lacksPort();
        await this.kill();
        if (tries === PORT_TRIES || !isPortTaken) throw error;
      }
    }
  }

  /** Whether the start failed because another program has taken one of the ports since they were chosen. */
  #lacksPort() {
    const said = textOf(join(this.folder, 'rabbitmq.out')) + tailOf(this.logFile, 60);
    return /eaddrinuse|already in use/i.test(said) || (this.#epmd !== undefined && !isRunning(this.#epmd));
  }

  get #env() {
    return brokerEnvironment(this.folder, this.#settings, this.#program.env);
  }

  /** @param {string} name @param {string} command @param {readonly string[]} args @param {string} cwd @param {'server' | 'helper'} level */
  async #spawn(name, command, args, cwd, level) {
    const output = openSync(join(this.folder, `${name}.out`), 'w', 0o600);
    const child = spawn(command, args, { cwd, env: this.#env, detached: true, stdio: ['ignore', output, output] });
    closeSync(output);
    child.unref();
    await new Promise((resolve, reject) => child.once('spawn', () => resolve(undefined)).once('error', reject));
    const pid = /** @type {number} */ (child.pid);
    recordProcess(this.folder, name, pid);
    return keeper.guardProcess(pid, { level, graceMs: level === 'server' && !this.#isTemporary ? STOP_MS : 0 });
  }

  async #start() {
    writeConfig(this.folder, this.#settings, this.#extraConfig);
    if (!this.#member) await this.#startEpmd();
    this.#broker = await this.#spawn('rabbitmq', './rabbitmq-server', [], this.#program.scripts, 'server');
    await this.#waitUntilUp(this.#broker);
  }

  /** Run by us in the foreground, since one that the broker starts would outlive it. */
  async #startEpmd() {
    const epmd = findEpmd(this.#env);
    if (!epmd) throw new Error('epmd, a part of Erlang, was not found.');
    this.#epmd = await this.#spawn('epmd', epmd, ['-address', '127.0.0.1', '-port', String(this.#settings.ports.epmd)], '/', 'helper');
  }

  /** @param {Identity} broker */
  async #waitUntilUp(broker) {
    const until = Date.now() + START_MS;
    while (!((await speaksAmqp(this.port)) && (await managementAnswers(this.#settings)))) {
      if (!isRunning(broker)) throw this.#startFailure('ended at its start');
      if (Date.now() > until) throw this.#startFailure(`was not ready within ${START_MS / 1_000} s`);
      await delay(100);
    }
  }

  /** @param {string} what */
  #startFailure(what) {
    const output = textOf(join(this.folder, 'rabbitmq.out'));
    // What is wrong stands before those words; a page about Erlang's processes follows.
    const reason = output.includes('BOOT FAILED') ? output.split('BOOT FAILED')[0] : output;
    const tail = (reason ?? '').trim().split('\n').slice(-8).join('\n');
    return new Error(`RabbitMQ ${what}; its log is ${this.logFile}:\n${tail}\n${tailOf(this.logFile, 4)}`);
  }

  /** @param {number} graceMs */
  async #end(graceMs) {
    for (const [name, identity, grace] of /** @type {const} */ ([
      ['rabbitmq', this.#broker, graceMs],
      ['epmd', this.#epmd, 0],
    ])) {
      if (!identity) continue;
      await endProcess(identity, grace);
      keeper.forgetProcess(identity.pid);
      forgetProcess(this.folder, name);
    }
    this.#broker = undefined;
    this.#epmd = undefined;
  }

  /** Stops the broker in order (SIGTERM); its data stay, and `restart` brings it back. */
  async stop() {
    await this.#end(STOP_MS);
  }

  /** Kills the broker with SIGKILL; its data stay, and `restart` brings it back. */
  async kill() {
    await this.#end(0);
  }

  /** Starts it again on the same ports and data, stopping it first if it runs. @throws Error when a port has been taken meanwhile */
  async restart() {
    if (this.#isDisposed) throw new Error('This RabbitMQ has been disposed of.');
    await this.stop();
    await this.#start();
  }

  /**
   * Runs rabbitmqctl on this node.
   * @param {readonly string[]} args
   * @returns {Promise<string>} what it printed
   * @throws Error with what it printed when it fails
   */
  async ctl(args) {
    const done = await run('./rabbitmqctl', ['-q', '-n', this.nodeName, ...args], {
      cwd: this.#program.scripts,
      env: this.#env,
      timeoutMs: 60_000,
    });
    if (done.code !== 0) throw new Error(`rabbitmqctl ${args.join(' ')} failed:\n${done.output.trim()}`);
    return done.stdout;
  }

  /** Ends it for good: a temporary one is killed and its folder removed, another is stopped in order. */
  async dispose() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    await this.#end(this.#isTemporary ? 0 : STOP_MS);
    this.#unlock();
    if (this.#isTemporary) {
      removeFolder(this.folder);
      keeper.forgetPath(this.folder);
    }
    await keeper.release();
  }
}
