import { Link } from './link.mjs';
import { NodeMapper } from './node-mapper.mjs';

/** @typedef {{ readonly port: number, readonly distributionPort: number, readonly pid: number | undefined }} NodePorts */

/**
 * How the nodes of a cluster find each other: a port mapper of its own for each, and, when they are to be cut off, a link
 * for each direction between two nodes and one before each node for its clients.
 */
export class ClusterLinks {
  #mappers;
  /** @type {{ from: number, to: number, link: Link }[]} */
  #between = [];
  /** @type {Link[]} */
  #forClients = [];

  /**
   * @param {readonly string[]} nodeNames
   * @param {(index: number) => NodePorts} node
   * @param {boolean} canBeCut otherwise nodes and clients connect directly
   */
  constructor(nodeNames, node, canBeCut) {
    const shortNames = nodeNames.map((name) => name.split('@')[0]);
    this.#mappers = nodeNames.map((_, from) => new NodeMapper((name) => this.#portTo(from, shortNames.indexOf(name), node)));
    if (!canBeCut) return;
    this.#between = nodeNames.flatMap((_, from) =>
      nodeNames.flatMap((__, to) => (from === to ? [] : { from, to, link: new Link(() => node(to).distributionPort) })),
    );
    this.#forClients = nodeNames.map((_, index) => new Link(() => node(index).port));
  }

  /** @param {number} from @param {number} to @param {(index: number) => NodePorts} node */
  #portTo(from, to, node) {
    // As of a node that has not registered.
    if (to < 0 || to === from || node(to).pid === undefined) return undefined;
    return this.#between.find((one) => one.from === from && one.to === to)?.link.port ?? node(to).distributionPort;
  }

  async open() {
    await Promise.all([...this.#mappers, ...this.#between.map(({ link }) => link), ...this.#forClients].map((one) => one.open()));
  }

  /** @param {number} index */
  mapperPort(index) {
    return /** @type {NodeMapper} */ (this.#mappers[index]).port;
  }

  /** Port of the link before a node, undefined when there is none. @param {number} index */
  clientPort(index) {
    return this.#forClients[index]?.port;
  }

  /** @param {number} index @param {boolean} withClients from its clients as well */
  cut(index, withClients) {
    if (this.#between.length === 0) throw new Error('This cluster was started without links that can be cut.');
    for (const { from, to, link } of this.#between) if (from === index || to === index) link.cut();
    if (withClients) this.#forClients[index]?.cut();
  }

  mend() {
    for (const { link } of this.#between) link.mend();
    for (const link of this.#forClients) link.mend();
  }

  close() {
    for (const one of [...this.#mappers, ...this.#between.map(({ link }) => link), ...this.#forClients]) one.close();
  }
}
