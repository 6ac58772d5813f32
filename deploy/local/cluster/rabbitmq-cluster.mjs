import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readJson, removeFolder, writeJson } from '../folders.mjs';
import { keeper } from '../keeper.mjs';
import { managementJson } from '../rabbitmq-probe.mjs';
import { ProgramRabbitmq } from '../rabbitmq-program.mjs';
import { ClusterLinks } from './cluster-links.mjs';

/** @typedef {import('../install/find-rabbitmq.mjs').RabbitmqProgram} RabbitmqProgram */
/** @typedef {{ user: string, password: string, cookie: string, nodeNames: string[] }} ClusterSettings */

const JOINED_MS = 120_000;
/**
 * Of all nodes. A node that sees no majority stops serving until it does, since its metadata may be out of date; leaders are
 * spread over the nodes; a node that cannot be heard counts as away after 10 to 12.5 s.
 */
const CONFIG = [
  'cluster_partition_handling = pause_minority',
  'cluster_formation.peer_discovery_backend = classic_config',
  'queue_leader_locator = balanced',
  'net_ticktime = 10',
];

/** A RabbitMQ of several nodes of our own. See servers.d.mts. */
export class RabbitmqCluster {
  isExternal = false;
  #options;
  /** @type {readonly ProgramRabbitmq[]} */
  #nodes = [];
  /** @type {ClusterLinks} */
  #links = /** @type {any} */ (undefined);
  #isDisposed = false;

  /**
   * @param {{ program: RabbitmqProgram, folder: string, isTemporary: boolean, config: readonly string[], size: number,
   *   hasLinks: boolean, log: (line: string) => void }} options
   */
  constructor(options) {
    this.folder = options.folder;
    this.#options = options;
  }

  /** Its nodes; each can be stopped, killed and started again by itself. */
  get nodes() {
    return this.#nodes;
  }

  /** Process id of the first node that runs. */
  get pid() {
    return this.#nodes.find(({ pid }) => pid !== undefined)?.pid;
  }

  /** All nodes, separated by commas, as RABBITMQ_URL takes them. */
  get url() {
    return this.#nodes.map((node, index) => this.#throughLinks(node.url, this.#links.clientPort(index))).join(',');
  }

  /** The management plugins of all nodes, as RABBITMQ_MANAGEMENT_URL takes them. */
  get managementApi() {
    return this.#nodes.map(({ managementApi }) => managementApi).join(',');
  }

  /** Of the first node that runs. */
  get managementUrl() {
    return this.#running.managementUrl;
  }

  get managementPort() {
    return this.#running.managementPort;
  }

  get port() {
    return this.#running.port;
  }

  get user() {
    return this.#running.user;
  }

  get password() {
    return this.#running.password;
  }

  get nodeName() {
    return this.#running.nodeName;
  }

  get logFile() {
    return this.#running.logFile;
  }

  get #running() {
    const node = this.#nodes.find(({ pid }) => pid !== undefined) ?? this.#nodes[0];
    if (!node) throw new Error('The cluster has not been started.');
    return node;
  }

  /** @param {string} url @param {number | undefined} port */
  #throughLinks(url, port) {
    const through = new URL(url);
    if (port !== undefined) through.port = String(port);
    return through.href;
  }

  async open() {
    const { folder, size, hasLinks } = this.#options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    keeper.acquire();
    const settings = this.#settingsOf(size);
    this.#links = new ClusterLinks(settings.nodeNames, (index) => /** @type {ProgramRabbitmq} */ (this.#nodes[index]), hasLinks);
    try {
      await this.#links.open();
      this.#nodes = settings.nodeNames.map((nodeName, index) => this.#node(settings, nodeName, index));
      const isNew = !existsSync(join(folder, '0', 'data'));
      // One that is there can be joined; those that begin at the same time might each begin a cluster of their own.
      if (isNew) await this.#nodes[0]?.open();
      await this.#all(isNew ? this.#nodes.slice(1) : this.#nodes, (node) => node.open());
      await this.untilJoined();
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }

  /** @param {number} size @returns {ClusterSettings} */
  #settingsOf(size) {
    const file = join(this.folder, 'cluster.json');
    const id = randomBytes(4).toString('hex');
    /** @type {ClusterSettings} */
    const settings = readJson(file) ?? {
      user: 'jobline',
      password: randomBytes(18).toString('base64url'),
      cookie: randomBytes(16).toString('hex'),
      nodeNames: Array.from({ length: size }, (_, index) => `jobline-${id}-${index}@localhost`),
    };
    writeJson(file, settings);
    return settings;
  }

  /** @param {ClusterSettings} settings @param {string} nodeName @param {number} index */
  #node({ nodeNames, ...identity }, nodeName, index) {
    const { program, folder, isTemporary, config, log } = this.#options;
    return new ProgramRabbitmq({
      program,
      folder: join(folder, String(index)),
      isTemporary,
      // A node that is new joins the first one, which would only lose time looking for the others.
      config: [...CONFIG, `cluster_formation.classic_config.nodes.1 = ${nodeNames[0]}`, ...config],
      member: { ...identity, nodeName, epmdPort: this.#links.mapperPort(index) },
      log,
    });
  }

  /** Does something with several nodes at once; the first error is thrown when all are done. @param {readonly ProgramRabbitmq[]} nodes @param {(node: ProgramRabbitmq) => Promise<unknown>} action */
  async #all(nodes, action) {
    const done = await Promise.allSettled(nodes.map(action));
    const failed = done.find(({ status }) => status === 'rejected');
    if (failed) throw /** @type {PromiseRejectedResult} */ (failed).reason;
  }

  /** Waits until every node sees all of them at work. @throws Error when they do not within two minutes */
  async untilJoined() {
    const until = Date.now() + JOINED_MS;
    for (;;) {
      const views = await Promise.all(this.#nodes.map((node) => runningNodes(node)));
      if (views.every((view) => view.length === this.#nodes.length)) return;
      const seen = views.map((view, index) => `${this.#nodes[index]?.nodeName} sees ${view.join(', ') || 'nothing'}`);
      if (Date.now() > until) throw new Error(`The nodes have not become one cluster within ${JOINED_MS / 1_000} s: ${seen.join('; ')}.`);
      await delay(200);
    }
  }

  /** Cuts one node off from the others, by default from clients as well: nothing passes, and nobody is told. @param {number} index @param {{ clients?: boolean }} [how] */
  isolate(index, { clients = true } = {}) {
    this.#links.cut(index, clients);
  }

  /** Mends all links. */
  rejoin() {
    this.#links.mend();
  }

  /** Runs rabbitmqctl on the first node that runs. @param {readonly string[]} args */
  async ctl(args) {
    return this.#running.ctl(args);
  }

  async stop() {
    await this.#all(this.#nodes, (node) => node.stop());
  }

  async kill() {
    await this.#all(this.#nodes, (node) => node.kill());
  }

  /** Starts all again on the same ports and data, stopping them first if they run. */
  async restart() {
    await this.stop();
    await this.#all(this.#nodes, (node) => node.restart());
    await this.untilJoined();
  }

  async dispose() {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#links?.mend();
    await this.#all(this.#nodes, (node) => node.dispose());
    this.#links?.close();
    if (this.#options.isTemporary) removeFolder(this.folder);
    await keeper.release();
  }
}

/** Nodes that this one sees at work, none when it does not answer. @param {ProgramRabbitmq} node @returns {Promise<string[]>} */
async function runningNodes(node) {
  /** @type {{ name: string, running: boolean }[] | undefined} */
  const listed = node.pid === undefined ? undefined : await managementJson(node.managementApi, '/api/nodes');
  return (listed ?? []).filter(({ running }) => running).map(({ name }) => name);
}
