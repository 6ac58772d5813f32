import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

const ALIVE2_REQUEST = 120;
const ALIVE2_ANSWER = 118;
const PORT_PLEASE2_REQUEST = 122;
const PORT_ANSWER = 119;
const NAMES_REQUEST = 110;
const NOT_FOUND = 1;
const MOST_BYTES = 65_537;

/**
 * Erlang's port mapper (epmd), for one node alone: what it answers is all that this node knows of where the others are, so
 * that the way to each of them can be led through a link that can be cut. Nothing else of the cluster has to know of it.
 * Speaks what nodes and rabbitmqctl ask: register, find a port, list the names.
 */
export class NodeMapper {
  #server = createServer((socket) => this.#onConnection(socket));
  /** @type {Map<string, { port: number, body: Buffer }>} */
  #registered = new Map();
  #findPeer;

  /** @param {(name: string) => number | undefined} findPeer port at which this node finds another, by the name before the @ */
  constructor(findPeer) {
    this.#findPeer = findPeer;
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
    // The nodes keep it busy, not this process alive.
    this.#server.unref();
  }

  close() {
    this.#server.close();
  }

  /** @param {import('node:net').Socket} socket */
  #onConnection(socket) {
    let heard = Buffer.alloc(0);
    socket.unref();
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      const length = heard.length < 2 ? MOST_BYTES : heard.readUInt16BE(0) + 2;
      if (heard.length > MOST_BYTES) socket.destroy();
      if (heard.length < length) return;
      const request = heard.subarray(2, length);
      heard = heard.subarray(length);
      this.#answer(socket, request);
    });
  }

  /** @param {import('node:net').Socket} socket @param {Buffer} request */
  #answer(socket, request) {
    if (request[0] === ALIVE2_REQUEST) this.#register(socket, request);
    else if (request[0] === PORT_PLEASE2_REQUEST) socket.end(this.#portAnswer(request.subarray(1).toString('latin1')));
    else if (request[0] === NAMES_REQUEST) socket.end(this.#names());
    else socket.destroy();
  }

  /** A node is registered as long as it keeps this connection. @param {import('node:net').Socket} socket @param {Buffer} request */
  #register(socket, request) {
    // Port, kind, protocol, highest and lowest version, length and name, length and extra: the answer to others repeats it.
    const port = request.readUInt16BE(1);
    const name = request.subarray(11, 11 + request.readUInt16BE(9)).toString('latin1');
    const own = { port, body: Buffer.from(request.subarray(1)) };
    this.#registered.set(name, own);
    socket.on('close', () => {
      if (this.#registered.get(name) === own) this.#registered.delete(name);
    });
    const answer = Buffer.from([ALIVE2_ANSWER, 0, 0, 0, 0, 0]);
    answer.writeUInt32BE(randomInt(4, 2 ** 31), 2);
    socket.write(answer);
  }

  /** @param {string} name */
  #portAnswer(name) {
    const own = this.#registered.get(name);
    if (own) return Buffer.concat([Buffer.from([PORT_ANSWER, 0]), own.body]);
    const port = this.#findPeer(name);
    if (port === undefined) return Buffer.from([PORT_ANSWER, NOT_FOUND]);
    // A visible node, TCP, distribution protocol 5 to 6: what every Erlang since 23 says of itself.
    const head = Buffer.from([PORT_ANSWER, 0, port >> 8, port & 0xff, 77, 0, 0, 6, 0, 5, 0, name.length]);
    return Buffer.concat([head, Buffer.from(name, 'latin1'), Buffer.from([0, 0])]);
  }

  #names() {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(this.port);
    const lines = [...this.#registered].map(([name, { port }]) => `name ${name} at port ${port}\n`);
    return Buffer.concat([head, Buffer.from(lines.join(''), 'latin1')]);
  }
}
