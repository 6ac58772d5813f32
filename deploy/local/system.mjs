import { mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { endRecorded, makeTemporaryFolder, removeFolder, sweepTemporaryFolders, takeLock, writeJson } from './folders.mjs';
import { PROJECT } from './install/cache.mjs';
import { keeper } from './keeper.mjs';
import { freePorts } from './ports.mjs';
import { run } from './processes.mjs';
import { startServers } from './servers.mjs';
import { serviceEnvironment } from './service-environment.mjs';
import { ServiceProcess } from './service-process.mjs';
import { checkScale, FRONT, serviceSpecs } from './service-specs.mjs';

/** @typedef {Awaited<ReturnType<typeof startServers>>} Servers */
/** @typedef {import('./service-specs.mjs').ServiceSpec} ServiceSpec */

const STOP_MS = 30_000;
const DIST = join(PROJECT, 'dist');

/** RabbitMQ, MongoDB and Jobline's services as separate processes. Made by {@link startSystem}. */
export class System {
  #options;
  #services;
  #topology;
  /** @type {Map<string, ServiceProcess>} */
  #processes = new Map();
  /** @type {Servers | undefined} */
  #servers;
  /** @type {Promise<unknown> | undefined} */
  #starting;
  /** @type {Promise<void> | undefined} */
  #stopping;
  /** @type {() => void} */
  #unlock = () => {};
  /** Whether the folder is locked by this process. */
  #isOwner = false;
  #isUp = false;
  #apiPort = 0;
  #adminPort = 0;

  /**
   * @param {object} options
   * @param {string} [options.folder] default: a temporary one
   * @param {boolean} [options.temporary] whether the folder is removed at the end; default: whether `folder` is not given
   * @param {readonly (string | ServiceSpec)[]} [options.services] default: those of the topology
   * @param {Readonly<Record<string, number>>} [options.scale] service → number of processes, default 1 each
   * @param {Readonly<Record<string, string | undefined>>} [options.env] further variables, for servers (RABBITMQ_URL, MONGODB_URL) and services
   * @param {boolean} [options.restart] whether services that end are started again; default true
   * @param {number} [options.port] of the API; default: a free one
   * @param {number} [options.adminPort] of the control plane; default: a free one
   * @param {(line: string) => void} [options.log] told what happens, for people; default: nobody
   * @param {(name: string, line: string) => void} [options.onLog] told each line of the services' logs
   */
  constructor(options) {
    const { folder, temporary = folder === undefined, env = {} } = options;
    this.#options = { ...options, temporary, log: options.log ?? (() => {}), scale: options.scale ?? {} };
    this.#topology = env['TOPOLOGY'] || process.env['TOPOLOGY'] || 'per-stage';
    this.#services = serviceSpecs(options.services, this.#topology);
    checkScale(this.#options.scale, this.#services);
    this.folder = folder ?? '';
  }

  /** Base URL of the public API. */
  get api() {
    return `http://127.0.0.1:${this.#apiPort}`;
  }

  /** Base URL of the control plane. */
  get admin() {
    return `http://127.0.0.1:${this.#adminPort}`;
  }

  get rabbitmq() {
    return this.#started.rabbitmq;
  }

  get mongodb() {
    return this.#started.mongodb;
  }

  get rabbitmqUrl() {
    return this.rabbitmq.url;
  }

  /** URL of RabbitMQ's management plugin with user and password; undefined when RABBITMQ_URL is set and it was not given. */
  get managementUrl() {
    return this.rabbitmq.managementApi;
  }

  get mongodbUrl() {
    return this.mongodb.url;
  }

  /** The service processes that run now. */
  get processes() {
    return [...this.#processes.values()].flatMap(({ service, name, pid, healthPort }) =>
      pid === undefined ? [] : { service, name, pid, healthPort },
    );
  }

  get #started() {
    if (!this.#servers) throw new Error('The servers are not started yet.');
    return this.#servers;
  }

  /** Starts everything and waits until every service is ready. @throws Error saying what failed; nothing is left then */
  async start() {
    this.#starting = this.#startAll();
    try {
      await this.#starting;
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async #startAll() {
    const { temporary, log, env } = this.#options;
    await sweepTemporaryFolders();
    this.folder ||= makeTemporaryFolder('system');
    mkdirSync(this.folder, { recursive: true });
    this.#unlock = await takeLock(join(this.folder, 'stack.lock'));
    this.#isOwner = true;
    keeper.acquire();
    rmSync(this.#stackFile, { force: true });
    if (temporary) keeper.guardPath(this.folder);
    // After a kill -9 it would name what does not run any more.
    keeper.guardPath(this.#stackFile);
    const left = await endRecorded(this.folder);
    if (left.length > 0) log(`Ended what a killed run had left: ${left.join(', ')}.`);
    log('Starting RabbitMQ and MongoDB ...');
    const servers = await startServers({ folder: this.folder, temporary, log, env: { ...process.env, ...env } });
    // Its own folders go with this one.
    this.#servers = servers;
    this.#checkGoingOn();
    await this.#prepare();
    this.#checkGoingOn();
    await this.#choosePorts();
    log(`Starting ${this.#services.map(({ name }) => name).join(', ')} ...`);
    await Promise.all(
      this.#services.flatMap(({ name }) => Array.from({ length: this.#options.scale[name] ?? 1 }, () => this.spawnService(name))),
    );
    this.#checkGoingOn();
    this.#isUp = true;
    this.#writeStack();
  }

  #checkGoingOn() {
    if (this.#stopping) throw new Error('Stopped while starting.');
  }

  async #choosePorts() {
    const [first = 0, second = 0] = await freePorts(2);
    this.#apiPort = this.#options.port ?? first;
    this.#adminPort = this.#options.adminPort ?? second;
  }

  /** What every service is told. */
  get #env() {
    return serviceEnvironment(this, this.#options, this.#topology);
  }

  /** Applies topology and migrations. */
  async #prepare() {
    const program = join(DIST, 'deploy', 'local', 'prepare.js');
    const done = await run(process.execPath, [program], { env: this.#env, timeoutMs: 120_000 });
    if (done.code !== 0) throw new Error(`Preparing the servers failed (${basename(program)}):\n${done.output.trim()}`);
  }

  /**
   * Starts one more process of a service and waits until it is ready.
   * @param {string} service
   * @returns {Promise<{ service: string, name: string, pid: number, healthPort: number }>}
   */
  async spawnService(service) {
    const spec = this.#services.find(({ name }) => name === service);
    if (!spec)
      throw new Error(`There is no service ${JSON.stringify(service)}; there are ${this.#services.map(({ name }) => name).join(', ')}.`);
    this.#checkGoingOn();
    const name = this.#freeName(service);
    const ports = service === FRONT ? { PORT: String(this.#apiPort), ADMIN_PORT: String(this.#adminPort) } : {};
    const one = new ServiceProcess({
      service,
      name,
      main: spec.main,
      heapMb: spec.heapMb,
      folder: this.folder,
      env: { ...this.#env, ...ports, ...spec.env },
      isRestarted: this.#options.restart ?? true,
      onLine: (line) => this.#options.onLog?.(name, line),
      onChange: () => this.#writeStack(),
      say: this.#options.log,
    });
    this.#processes.set(name, one);
    await one.start();
    return { service, name, pid: /** @type {number} */ (one.pid), healthPort: one.healthPort };
  }

  /** The first name that no process has, or whose process has ended for good. @param {string} service */
  #freeName(service) {
    for (let number = 1; ; number += 1) {
      const name = `${service}-${number}`;
      if (!this.#processes.has(name)) return name;
      if (this.#options.restart === false && this.#processes.get(name)?.hasEnded) return name;
    }
  }

  /**
   * Sends a signal (default SIGKILL) to a service's processes, or to one of them by its own name (`p1-worker-2`).
   * SIGKILL resolves when they are gone.
   * @param {string} target
   * @param {NodeJS.Signals} [signal]
   * @returns {Promise<number[]>} process ids
   */
  async kill(target, signal = 'SIGKILL') {
    const chosen = [...this.#processes.values()].filter(({ service, name, pid }) => pid !== undefined && [service, name].includes(target));
    if (chosen.length === 0)
      throw new Error(`No process of ${JSON.stringify(target)} runs; there are ${[...this.#processes.keys()].join(', ')}.`);
    const pids = chosen.map(({ pid }) => /** @type {number} */ (pid));
    await Promise.all(chosen.map((one) => one.kill(signal)));
    return pids;
  }

  get #stackFile() {
    return join(this.folder, 'stack.json');
  }

  /** Says where everything is; scripts read it. Kept current as processes come and go. */
  #writeStack() {
    if (!this.#isUp || this.#stopping) return;
    const { api, admin, rabbitmqUrl: rabbitmq, managementUrl: management, mongodbUrl: mongodb } = this;
    const processes = this.processes.map(({ service, pid }) => ({ service, pid }));
    writeJson(this.#stackFile, { api, admin, rabbitmq, management, mongodb, processes });
  }

  /**
   * Stops services (the gateway first; SIGTERM, SIGKILL after 30 s), then servers; a temporary folder is removed.
   * Safe to repeat, and while starting.
   * @returns {Promise<void>}
   */
  stop() {
    this.#stopping ??= this.#stopAll(STOP_MS);
    return this.#stopping;
  }

  /** The same with SIGKILL for everything, also when a stop is under way. */
  async stopNow() {
    await Promise.all([...this.#processes.values()].map((one) => one.stop(0)));
    const started = this.#servers ? [this.#servers.rabbitmq, this.#servers.mongodb] : [];
    await Promise.all(started.filter(({ isExternal }) => !isExternal).map((server) => server.kill()));
    await this.stop();
  }

  /** @param {number} graceMs */
  async #stopAll(graceMs) {
    if (this.#isOwner) rmSync(this.#stackFile, { force: true });
    await this.#stopServices(graceMs);
    // A start that is under way ends at its next check; what it started meanwhile is then there to be stopped.
    await this.#starting?.catch(() => {});
    await this.#stopServices(graceMs);
    await this.#servers?.stop();
    if (this.#isOwner) await this.#leaveFolder();
  }

  /** @param {number} graceMs */
  async #stopServices(graceMs) {
    const all = [...this.#processes.values()];
    // The front door first: what comes in is then still worked on.
    for (const isFront of [true, false]) {
      const some = all.filter(({ service }) => (service === FRONT) === isFront);
      const inTime = await Promise.all(some.map((one) => one.stop(graceMs)));
      for (const { name } of some.filter((_, index) => !inTime[index])) {
        this.#options.log(`${name} did not stop within ${graceMs / 1_000} s and was killed.`);
      }
    }
  }

  async #leaveFolder() {
    this.#isOwner = false;
    keeper.forgetPath(this.#stackFile);
    this.#unlock();
    if (this.#options.temporary) {
      removeFolder(this.folder);
      keeper.forgetPath(this.folder);
    }
    await keeper.release();
  }
}

/**
 * Starts RabbitMQ, MongoDB and all services, and waits until they are ready. See system.d.mts.
 * @param {ConstructorParameters<typeof System>[0]} [options]
 * @returns {Promise<System>}
 */
export async function startSystem(options = {}) {
  const system = new System(options);
  await system.start();
  return system;
}
