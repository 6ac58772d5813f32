import type { ChannelModel } from 'amqplib';
import { TopologyError } from '../domain/failures.ts';
import { isThere } from './check-topology.ts';
import type { ListedQueue, ManagementApi } from './management-api.ts';
import { APPLY_COMMAND, QUEUE_ARGUMENTS, STAGES_EXCHANGE, type Topology } from './topology.ts';

/** What a virtual host has before the topology is applied. */
export interface BrokerState {
  readonly exchanges: ReadonlySet<string>;
  readonly queues: ReadonlyMap<string, ListedQueue>;
  /** `exchange queue routing-key`; undefined when they cannot be seen. */
  readonly bindings: ReadonlySet<string> | undefined;
}

/** All that is there. @throws ManagementError. */
export async function readState(api: ManagementApi): Promise<BrokerState> {
  const [exchanges, queues, bindings] = await Promise.all([
    api.get<{ name: string }[]>(api.inVhost('exchanges')),
    api.get<ListedQueue[]>(api.inVhost('queues')),
    api.get<{ source: string; destination: string; routing_key: string }[]>(api.inVhost('bindings')),
  ]);
  return {
    exchanges: new Set(exchanges.map(({ name }) => name)),
    queues: new Map(queues.map((queue) => [queue.name, queue])),
    bindings: new Set(bindings.map(({ source, destination, routing_key }) => [source, destination, routing_key].join(' '))),
  };
}

/** What AMQP alone shows: which of our names are there. */
export async function probeState(connection: ChannelModel, topology: Topology): Promise<BrokerState> {
  const exchanges = new Set<string>();
  for (const { name } of topology.exchanges) if (await isThere(connection, (channel) => channel.checkExchange(name))) exchanges.add(name);
  const queues = new Map<string, ListedQueue>();
  const retired = topology.retiredBindings.map(({ queue }) => queue);
  for (const name of [...topology.stageQueues, ...topology.deadLetterQueues, ...retired])
    if (await isThere(connection, (channel) => channel.checkQueue(name))) queues.set(name, { name });
  return { exchanges, queues, bindings: undefined };
}

/** All at once, before anything is changed. @throws TopologyError naming each queue of ours that was declared otherwise. */
export function refuseDifferentQueues(topology: Topology, { queues }: BrokerState): void {
  const wanted = describe({ type: 'quorum', durable: true, arguments: QUEUE_ARGUMENTS });
  const different = [...topology.stageQueues, ...topology.deadLetterQueues].flatMap((name) => {
    const found = queues.get(name);
    return found && describe(found) !== wanted ? [`queue ${name}: found ${describe(found)}, wanted ${wanted}`] : [];
  });
  if (different.length > 0) throw differentError(different);
}

/** Something is there with other arguments. */
export function differentError(different: readonly string[]): TopologyError {
  return new TopologyError(
    `Arguments can never be changed on what exists. ${different.join('; ')}. Let it run empty, delete it (for a queue: rabbitmqctl delete_queue NAME), and run \`${APPLY_COMMAND}\` again; doorbells lost with a queue are found by the audit.`,
  );
}

/** A warning for each binding of the stage exchange that is not ours, such as that of a stage that a release has removed. */
export function strayBindings(topology: Topology, { bindings }: BrokerState): string[] {
  const ours = new Set(
    [...topology.stageBindings, ...topology.retiredBindings].map((one) => [one.exchange, one.queue, one.routingKey].join(' ')),
  );
  return [...(bindings ?? [])]
    .filter((binding) => binding.startsWith(`${STAGES_EXCHANGE} `) && !ours.has(binding))
    .map((binding) => {
      const [, target, key] = binding.split(' ');
      return `${target} is bound to ${STAGES_EXCHANGE} by ${JSON.stringify(key)} and is not part of this topology: it gets a copy of each doorbell that matches, and hides the loss of a binding of ours. Unbind it when nobody needs it`;
    });
}

function describe(queue: Omit<ListedQueue, 'name'>): string {
  const { type = 'unknown', durable = true, auto_delete: isAutoDelete = false, exclusive = false } = queue;
  const flags = [type, durable ? 'durable' : 'transient', ...(isAutoDelete ? ['auto-delete'] : []), ...(exclusive ? ['exclusive'] : [])];
  return `${flags.join(' ')} with arguments ${JSON.stringify(queue.arguments ?? {})}`;
}
