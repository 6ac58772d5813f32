import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { BrokerAddress } from './rabbit.ts';

/** A proxy in front of the broker that plays network faults. */
export interface RabbitProxy {
  /** The same broker, through the proxy. */
  readonly address: BrokerAddress;
  readonly connections: number;
  /** Ends all connections with a reset. */
  cut(): void;
  /** Nothing passes any more in these directions, and nobody is told. */
  freeze(directions?: { toBroker?: boolean; fromBroker?: boolean }): void;
  thaw(): void;
  /** The connections that are open now go half-open: nothing passes, and the end of one side is not told to the other. New ones work. @returns how many. */
  halfOpen(): number;
  /** New connections are refused. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

export async function proxyTo(broker: BrokerAddress): Promise<RabbitProxy> {
  const url = new URL(broker.amqpUrl);
  const target = { host: url.hostname, port: Number(url.port) };
  const pairs = new Set<readonly [Socket, Socket]>();
  const dead = new Set<readonly [Socket, Socket]>();
  let frozen = { toBroker: false, fromBroker: false };
  let isRefusing = false;
  const server = createServer((client) => {
    if (isRefusing) return void client.destroy();
    const upstream = connect(target);
    const pair = [client, upstream] as const;
    pairs.add(pair);
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (dead.has(pair)) return;
        pairs.delete(pair);
        for (const one of pair) one.destroy();
      });
    }
    pass(client, upstream);
    pass(upstream, client);
    apply(pair);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url.port = String((server.address() as AddressInfo).port);

  function apply(pair: readonly [Socket, Socket]): void {
    const [client, upstream] = pair;
    for (const [socket, isFrozen] of [
      [client, frozen.toBroker],
      [upstream, frozen.fromBroker],
    ] as const) {
      if (isFrozen || dead.has(pair)) socket.pause();
      else socket.resume();
    }
  }

  return {
    address: { ...broker, amqpUrl: url.toString() },
    get connections() {
      return pairs.size;
    },
    cut: () => {
      for (const pair of pairs) for (const socket of pair) socket.resetAndDestroy();
    },
    freeze: ({ toBroker = true, fromBroker = true } = {}) => {
      frozen = { toBroker, fromBroker };
      for (const pair of pairs) apply(pair);
    },
    thaw: () => {
      frozen = { toBroker: false, fromBroker: false };
      for (const pair of pairs) apply(pair);
    },
    halfOpen: () => {
      const count = pairs.size;
      for (const pair of pairs) {
        dead.add(pair);
        pairs.delete(pair);
        apply(pair);
      }
      return count;
    },
    refuse: (value) => {
      isRefusing = value;
    },
    close: () => end(server, [...pairs, ...dead]),
  };
}

function pass(from: Socket, to: Socket): void {
  from.on('data', (chunk) => to.write(chunk));
}

async function end(server: Server, pairs: Iterable<readonly [Socket, Socket]>): Promise<void> {
  for (const pair of pairs) for (const socket of pair) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
