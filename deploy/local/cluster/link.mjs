import { connect, createServer } from 'node:net';

/** A way to a port of this machine that can be interrupted without either end being told, as a network does. */
export class Link {
  #target;
  /** @type {Set<readonly [import('node:net').Socket, import('node:net').Socket]>} */
  #pairs = new Set();
  #isCut = false;
  #server = createServer((client) => this.#onConnection(client));

  /** @param {() => number} target port of 127.0.0.1, asked anew for each connection */
  constructor(target) {
    this.#target = target;
  }

  get port() {
    return /** @type {import('node:net').AddressInfo} */ (this.#server.address()).port;
  }

  /** Listens on a free loopback port. */
  async open() {
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => resolve(undefined));
    });
    this.#server.unref();
  }

  /** Nothing passes from now on; what is sent waits, new connections too. */
  cut() {
    this.#isCut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** Everything passes again, first what has waited. */
  mend() {
    this.#isCut = false;
    for (const pair of this.#pairs) {
      const isOver = pair.some((socket) => socket.destroyed);
      for (const socket of pair) {
        if (isOver) socket.destroy();
        else socket.resume();
      }
    }
  }

  close() {
    this.#server.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  /** @param {import('node:net').Socket} client */
  #onConnection(client) {
    const upstream = connect(this.#target(), '127.0.0.1');
    const pair = /** @type {const} */ ([client, upstream]);
    this.#pairs.add(pair);
    for (const [from, to] of [pair, /** @type {const} */ ([upstream, client])]) {
      from.unref();
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('data', (chunk) => {
        // Backpressure, unless the link is cut: then it is paused anyway.
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => {
        if (!this.#isCut) from.resume();
      });
      from.on('close', () => {
        if (pair.every((socket) => socket.destroyed)) this.#pairs.delete(pair);
        // What comes through a cut link is nothing, not even the end.
        else if (!this.#isCut) to.destroySoon();
      });
      if (this.#isCut) from.pause();
    }
  }
}
