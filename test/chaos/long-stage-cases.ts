import type { LocalRabbitmq } from '../../deploy/local/servers.d.mts';
import { eventually } from '../support/eventually.ts';
import { localServers } from '../support/local-stack.ts';
import type { ChaosWorld } from './chaos-world.ts';
import { expectClaimsExplained } from './claims-explained.ts';
import type { DirectedCase } from './directed-cases.ts';

/** Stands for RabbitMQ's 30 minutes. */
const CONSUMER_TIMEOUT_MS = 12_000;
/** Stands for the 10 minutes after which a stage is acknowledged early. */
const EARLY_ACK_MS = 2_000;
/** Stands for 40 minutes: longer than the consumer timeout, and many leases long. */
const STAGE_MS = 20_000;
/** The stages live on heartbeats alone, two leases and more; a busy machine must not be taken for a dead worker. */
const LONG_LEASE_MS = '6000';
/** Two run, two wait behind them. */
const JOBS = 4;
const WITHIN_MS = 180_000;
const QUEUE = 'jobline.single.standard';

/** A broker that gives a consumer twelve seconds to acknowledge, and looks once a second. */
export async function impatientBroker(): Promise<LocalRabbitmq> {
  const { startRabbitmq } = await localServers();
  const rabbitmq = await startRabbitmq({ config: [`consumer_timeout = ${CONSUMER_TIMEOUT_MS}`] });
  // How often a channel looks; rabbitmq.conf has no word for it.
  await rabbitmq.ctl(['eval', 'application:set_env(rabbit, channel_tick_interval, 1000).']);
  return rabbitmq;
}

/** From 3.12 on the timeout is in the policy of the stage queues too, which comes before that of the node. */
export async function shortenConsumerTimeout({ management: api }: ChaosWorld): Promise<void> {
  const policies = await api.get<{ name: string; definition: Record<string, unknown> }[]>(api.inVhost('policies'));
  for (const { name, definition, ...rest } of policies) {
    if (definition['consumer-timeout'] === undefined) continue;
    await api.put(api.inVhost('policies', name), { ...rest, definition: { ...definition, 'consumer-timeout': CONSUMER_TIMEOUT_MS } });
  }
}

const ended = async ({ jobs }: ChaosWorld, ids: readonly string[]) =>
  (await jobs.countDocuments({ _id: { $in: [...ids] }, state: 'COMPLETED' } as object)) === ids.length;

function submitLong(world: ChaosWorld, name: string, client: Parameters<DirectedCase['run']>[1]): Promise<string[]> {
  const input = { case: name, sink: world.sink.url, waitMs: { p1: STAGE_MS } };
  const key = name.replaceAll(' ', '-');
  return Promise.all(Array.from({ length: JOBS }, (_, index) => client.submit(`${key}-${index}`, { type: 'chaos-thread', input })));
}

const CHANNEL_CLOSED = 'channel closed, opening it again';

/** As it is in production: acknowledged before the broker loses patience, guarded by its lease alone. */
const early: DirectedCase = {
  name: 'a stage longer than the consumer timeout',
  run: async (world, client) => {
    await shortenConsumerTimeout(world);
    const closedBefore = world.logged(CHANNEL_CLOSED);
    const ids = await submitLong(world, early.name, client);
    const { management: api } = world;
    const isGuardedByLease = async () => {
      const { messages } = await api.get<{ messages?: number }>(api.inVhost('queues', QUEUE));
      return messages === 0 && (await world.jobs.countDocuments({ state: 'RUNNING' })) > 0;
    };
    await eventually('a stage that runs without a doorbell', isGuardedByLease, WITHIN_MS);
    await eventually('all to end', () => ended(world, ids), WITHIN_MS);
    await expectClaimsExplained(world, ids);
    const closed = world.logged(CHANNEL_CLOSED) - closedBefore;
    if (closed > 0) throw new Error(`RabbitMQ closed ${closed} channels: a delivery was held for too long`);
    return { ids, proof: `stages of ${STAGE_MS} ms under a consumer timeout of ${CONSUMER_TIMEOUT_MS} ms, no channel closed` };
  },
};

/** Where nobody acknowledges early: the broker closes the channel under the stage, and delivers its bell again. */
const late: DirectedCase = {
  name: 'channel closed by the server',
  run: async (world, client) => {
    await shortenConsumerTimeout(world);
    const ids = await submitLong(world, late.name, client);
    const isClosed = () => world.system.logs.filter(({ line }) => line.includes(CHANNEL_CLOSED) && /timed out|timeout/i.test(line)).length;
    await eventually('RabbitMQ to close a channel', () => isClosed() > 0, WITHIN_MS);
    await eventually('all to end', () => ended(world, ids), WITHIN_MS);
    await expectClaimsExplained(world, ids);
    return { ids, proof: `${isClosed()} channels closed for their consumer timeout` };
  },
};

/** What the workers are told in both cases, and the case. */
export const LONG_STAGE_CASES: readonly (readonly [DirectedCase, Readonly<Record<string, string>>])[] = [
  [early, { LEASE_MS: LONG_LEASE_MS, EARLY_ACK_AFTER_MS: String(EARLY_ACK_MS) }],
  [late, { LEASE_MS: LONG_LEASE_MS, EARLY_ACK_AFTER_MS: '86400000' }],
];
