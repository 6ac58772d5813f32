import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { TierBWorld } from '../tier-b-world.ts';
import type { Fault } from './fault.ts';

const ALARM_MS = 10_000;
const PURGE_MS = 60_000;
/** Takes away whatever is in the queue. */
export const PURGE = 'purge of a stage queue';

/** One alarm of the broker: publishing connections are blocked. */
function alarm(kind: 'mem' | 'disk_free', raise: readonly string[], callOff: readonly string[]): Fault {
  return {
    name: `${kind === 'mem' ? 'memory' : 'disk'} alarm of RabbitMQ`,
    lane: 'broker',
    count: 1,
    run: async ({ rabbitmq, management }) => {
      const isOn = async () => {
        const [node] = await management.get<Record<string, unknown>[]>('/api/nodes');
        return node?.[`${kind}_alarm`] === true;
      };
      await rabbitmq.ctl(raise);
      try {
        await eventually(`the ${kind} alarm`, isOn, 30_000);
        await delay(ALARM_MS);
      } finally {
        await rabbitmq.ctl(callOff);
      }
      return `${ALARM_MS} ms`;
    },
  };
}

/** Takes all bells out of a stage's queue that has some: the audit must find them. */
async function purge({ management }: TierBWorld): Promise<string> {
  let fullest: { name: string; messages_ready?: number } | undefined;
  const isFull = async () => {
    const queues = await management.get<{ name: string; messages_ready?: number }[]>(management.inVhost('queues'));
    const stages = queues.filter(({ name }) => /^jobline\.p\d\.(express|standard|bulk)$/.test(name));
    fullest = stages.toSorted((a, b) => (b.messages_ready ?? 0) - (a.messages_ready ?? 0))[0];
    return (fullest?.messages_ready ?? 0) > 0;
  };
  await eventually('bells that wait in a queue', () => isFull().catch(() => false), PURGE_MS);
  await management.delete(management.inVhost('queues', fullest!.name, 'contents'));
  return `${fullest!.name}, ${fullest!.messages_ready} messages`;
}

/** A tag that no channel has: acknowledging it makes RabbitMQ close the channel. */
export const FORGED_TAG = 999_999_999;
const CLOSE_CHANNELS = `Pids = rabbit_channel:list(), [rabbit_channel:do(Pid, {'basic.ack', ${FORGED_TAG}, false}) || Pid <- Pids], length(Pids).`;

export const BROKER_FAULTS: readonly Fault[] = [
  {
    name: 'restart of RabbitMQ',
    lane: 'broker',
    count: 2,
    run: async ({ rabbitmq }) => {
      const before = rabbitmq.pid;
      await rabbitmq.restart();
      return `process ${before}, now ${rabbitmq.pid}`;
    },
  },
  {
    name: 'kill -9 of RabbitMQ',
    lane: 'broker',
    count: 1,
    // A node of 3.10.8 that is killed seconds after a quorum queue was declared loses that queue (docs/decisions.md).
    window: [0.6, 1],
    run: async ({ rabbitmq }) => {
      const before = rabbitmq.pid;
      await rabbitmq.kill();
      await rabbitmq.restart();
      return `process ${before}, now ${rabbitmq.pid}`;
    },
  },
  alarm('mem', ['set_vm_memory_high_watermark', 'absolute', '1MB'], ['set_vm_memory_high_watermark', '0.6']),
  alarm('disk_free', ['set_disk_free_limit', '900000GB'], ['set_disk_free_limit', '50MB']),
  {
    name: 'channels closed by RabbitMQ',
    lane: 'broker',
    count: 2,
    run: async ({ rabbitmq }) => {
      const closed = Number(await rabbitmq.ctl(['eval', CLOSE_CHANNELS]));
      if (!(closed > 0)) throw new Error('There was no channel to close');
      return `${closed} channels`;
    },
  },
  {
    name: 'connections closed by RabbitMQ',
    lane: 'broker',
    count: 1,
    run: async ({ rabbitmq }) => {
      await rabbitmq.ctl(['close_all_connections', 'by the test']);
      return 'all connections';
    },
  },
  // Early: the audit calls a bell lost when others have been delivered that were rung a minute later.
  { name: PURGE, lane: 'broker', count: 1, window: [0.1, 0.25], run: purge },
];
