import { randomBytes } from 'node:crypto';
import type { LocalRabbitmq } from '../../deploy/local/servers.d.mts';
import type { Logger } from '../../shared/ports/logger.ts';
import { applyTopology } from '../../shared/rabbit/apply-topology.ts';
import type { RabbitMessageBusOptions } from '../../shared/rabbit/bus-options.ts';
import { ManagementApi } from '../../shared/rabbit/management-api.ts';
import { createRabbitMessageBus, type RabbitMessageBus } from '../../shared/rabbit/rabbit-message-bus.ts';
import type { TopologyMode } from '../../shared/rabbit/topology.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { localServers } from './local-stack.ts';
import { silentLogger } from './silent-logger.ts';

/** Where a broker is. */
export interface BrokerAddress {
  readonly amqpUrl: string;
  readonly managementUrl: string;
}

let own: Promise<LocalRabbitmq> | undefined;

/** The broker that the suite shares: JOBLINE_TEST_RABBITMQ_URL and JOBLINE_TEST_MANAGEMENT_URL, or one that is started now. */
export async function sharedBroker(): Promise<BrokerAddress> {
  const amqpUrl = process.env['JOBLINE_TEST_RABBITMQ_URL'];
  const managementUrl = process.env['JOBLINE_TEST_MANAGEMENT_URL'];
  if (amqpUrl && managementUrl) return { amqpUrl, managementUrl };
  own ??= localServers().then(({ startRabbitmq }) => startRabbitmq());
  const server = await own;
  return { amqpUrl: server.url, managementUrl: server.managementUrl };
}

// Benchmarks run without mocha, on servers of their own.
if (typeof after === 'function')
  after('the broker of this suite', async () => {
    await (await own)?.dispose();
  });

/** A virtual host of a test's own. */
export interface TestVhost extends BrokerAddress {
  readonly name: string;
  readonly api: ManagementApi;
  drop(): Promise<void>;
}

export async function newVhost(broker?: BrokerAddress): Promise<TestVhost> {
  const { amqpUrl, managementUrl } = broker ?? (await sharedBroker());
  const name = `test-${randomBytes(6).toString('hex')}`;
  const url = new URL(amqpUrl);
  url.pathname = `/${name}`;
  const api = new ManagementApi(managementUrl, url.toString());
  await api.put(`/api/vhosts/${name}`, {});
  await api.put(api.inVhost('permissions', decodeURIComponent(url.username)), { configure: '.*', write: '.*', read: '.*' });
  return { amqpUrl: url.toString(), managementUrl, name, api, drop: () => api.delete(`/api/vhosts/${name}`) };
}

export const STAGES = ['p1', 'p2'] as const;

export async function newVhostWithTopology(mode: TopologyMode = 'per-stage', broker?: BrokerAddress): Promise<TestVhost> {
  const vhost = await newVhost(broker);
  await applyTopology({ ...vhost, stageNames: STAGES, mode, logger: silentLogger() });
  return vhost;
}

/** A bus on a virtual host, not started. */
export function busOn(
  vhost: BrokerAddress,
  options: Partial<RabbitMessageBusOptions> & { readonly lines?: Parameters<typeof silentLogger>[0] } = {},
): RabbitMessageBus {
  const { lines, ...more } = options;
  const logger: Logger = silentLogger(lines);
  return createRabbitMessageBus({
    urls: [vhost.amqpUrl],
    managementUrl: vhost.managementUrl,
    mode: 'per-stage',
    stageNames: STAGES,
    service: 'test',
    logger,
    clock: systemClock,
    retryMaxMs: 1_000,
    ...more,
  });
}

/** Puts a message into a queue as the management UI does. @throws ManagementError. */
export async function putByHand(vhost: TestVhost, queue: string, body: string, properties: object = {}): Promise<void> {
  const message = { routing_key: queue, payload: body, payload_encoding: 'string', properties: { delivery_mode: 2, ...properties } };
  await vhost.api.post(vhost.api.inVhost('exchanges', 'amq.default', 'publish'), message);
}

/** A message as the management API shows it. */
export interface SeenMessage {
  readonly payload: string;
  readonly routing_key: string;
  readonly exchange: string;
  readonly redelivered: boolean;
  readonly properties: {
    readonly headers?: Readonly<Record<string, unknown>>;
    readonly message_id?: string;
    readonly content_type?: string;
    readonly delivery_mode?: number;
    readonly type?: string;
    readonly timestamp?: number;
  };
}

/** Looks at the first messages of a queue; they stay in it. */
export function look(vhost: TestVhost, queue: string, count = 10): Promise<SeenMessage[]> {
  return vhost.api.post(vhost.api.inVhost('queues', queue, 'get'), { count, ackmode: 'ack_requeue_true', encoding: 'auto' });
}
