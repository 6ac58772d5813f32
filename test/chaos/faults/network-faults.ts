import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { RabbitProxy } from '../../support/rabbit-proxy.ts';
import type { TierBWorld } from '../tier-b-world.ts';
import type { Fault } from './fault.ts';

const CUT_MS = 700;
const FREEZE_MS = 15_000;
const HALF_OPEN_MS = 6_000;
const CONNECTED_MS = 60_000;

type Side = 'RabbitMQ' | 'MongoDB';

function proxyOf({ amqpProxy, mongoProxy }: TierBWorld, side: Side): RabbitProxy {
  return side === 'RabbitMQ' ? amqpProxy : mongoProxy;
}

async function connected(proxy: RabbitProxy, side: Side): Promise<number> {
  await eventually(`connections to ${side}`, () => proxy.connections > 0, CONNECTED_MS);
  return proxy.connections;
}

/** All connections are reset; new ones are refused for a moment. */
function cutting(side: Side, count: number): Fault {
  return {
    name: `TCP cut to ${side}`,
    lane: 'network',
    count,
    run: async (world) => {
      const proxy = proxyOf(world, side);
      const connections = await connected(proxy, side);
      proxy.refuse(true);
      proxy.cut();
      try {
        await delay(CUT_MS);
      } finally {
        proxy.refuse(false);
      }
      return `${connections} connections`;
    },
  };
}

/** Nothing passes in these directions, and nobody is told. */
function freezing(name: string, side: Side, count: number, forMs: number, directions: { toBroker?: boolean; fromBroker?: boolean }): Fault {
  return {
    name,
    lane: 'network',
    count,
    run: async (world) => {
      const proxy = proxyOf(world, side);
      const connections = await connected(proxy, side);
      proxy.freeze(directions);
      try {
        await delay(forMs);
      } finally {
        proxy.thaw();
      }
      return `${connections} connections, ${forMs} ms`;
    },
  };
}

export const NETWORK_FAULTS: readonly Fault[] = [
  cutting('RabbitMQ', 5),
  cutting('MongoDB', 5),
  freezing('TCP freeze to RabbitMQ', 'RabbitMQ', 1, FREEZE_MS, {}),
  freezing('TCP freeze to MongoDB', 'MongoDB', 1, FREEZE_MS, {}),
  freezing('half-open connections to RabbitMQ', 'RabbitMQ', 1, HALF_OPEN_MS, { toBroker: true, fromBroker: false }),
  freezing('half-open connections to MongoDB', 'MongoDB', 1, HALF_OPEN_MS, { toBroker: false, fromBroker: true }),
];
