import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';

const LOWEST = 10_240;
const TRIES = 200;

/**
 * Whether a port of the loopback interface can be bound now.
 * @param {number} port 0: any
 * @param {string} [host]
 * @returns {Promise<number | undefined>} the port, undefined when it is taken
 */
export function tryPort(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    // Somebody who connects in this moment must not keep the port open.
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => resolve(address.port));
    });
  });
}

/** Where the kernel takes the ports of outgoing connections from. */
function ephemeralStart() {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/)[0]);
  } catch {
    return 32_768;
  }
}

/**
 * Different free ports of the loopback interface, chosen by chance below those that the kernel gives to outgoing
 * connections: a server that is down for a while finds its port free when it comes back.
 * @param {number} count
 * @returns {Promise<number[]>}
 * @throws Error when none is found
 */
export async function freePorts(count) {
  const end = ephemeralStart();
  /** @type {Set<number>} */
  const found = new Set();
  for (let tries = 0; found.size < count; tries += 1) {
    if (tries > TRIES * count) throw new Error(`No ${count} free ports were found on 127.0.0.1.`);
    const wanted = end > LOWEST + 1_000 && tries < TRIES ? randomInt(LOWEST, end) : 0;
    const port = await tryPort(wanted);
    if (port !== undefined) found.add(port);
  }
  return [...found];
}

/**
 * The wanted port when it is free, otherwise any free one.
 * @param {number} wanted
 * @returns {Promise<number>}
 */
export async function portOr(wanted) {
  return (await tryPort(wanted)) ?? /** @type {number} */ ((await freePorts(1))[0]);
}
