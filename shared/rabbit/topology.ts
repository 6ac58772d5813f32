import { LANES, type Lane } from '../domain/job.ts';

/** `per-stage`: a queue a stage and lane. `single`: a queue a lane, which carries every stage. */
export type TopologyMode = 'per-stage' | 'single';

/** Doorbells, routed by `stage.<stage>.<lane>.<type>`. Never give it an alternate exchange: returns are how a lost binding is found. */
export const STAGES_EXCHANGE = 'jobline.stages';
/** Events, routed by `job.<type>.<event>`. An alternate exchange is allowed here: nothing rests on its returns. */
export const EVENTS_EXCHANGE = 'jobline.events';
/** Stands for the stage in names of the single mode. */
export const SINGLE = 'single';

/** What makes and mends the topology, for messages. */
export const APPLY_COMMAND = 'npm run topology apply';

export interface ExchangeSpec {
  readonly name: string;
  readonly type: 'topic' | 'fanout';
}

export interface BindingSpec {
  readonly exchange: string;
  readonly queue: string;
  readonly routingKey: string;
}

export interface PolicySpec {
  readonly name: string;
  readonly pattern: string;
  readonly definition: Readonly<Record<string, string | number>>;
}

/** Everything that Jobline has in the broker. All exchanges and queues are durable, all queues are quorum queues. */
export interface Topology {
  readonly mode: TopologyMode;
  readonly exchanges: readonly ExchangeSpec[];
  readonly deadLetterQueues: readonly string[];
  readonly stageQueues: readonly string[];
  /** Of the dead-letter queues. */
  readonly deadLetterBindings: readonly BindingSpec[];
  readonly stageBindings: readonly BindingSpec[];
  /** Bindings of the other mode: left in place, every doorbell would go to two queues. */
  readonly retiredBindings: readonly BindingSpec[];
  /** One a queue class; two names are in one class when they have the same policy. */
  readonly queueClasses: readonly QueueClass[];
}

interface QueueClass {
  readonly policy: string;
  readonly pattern: string;
  readonly rules: readonly PolicyRule[];
}

interface PolicyRule {
  readonly key: string;
  readonly value: string | number;
  /** First version [major, minor] that knows it. */
  readonly since?: readonly [number, number];
}

/** The only argument a queue is declared with: arguments can never be changed, policies can. */
export const QUEUE_ARGUMENTS = { 'x-queue-type': 'quorum' } as const;

/** Higher than the 0 that operators' catch-all policies usually have: one queue has one policy. */
export const POLICY_PRIORITY = 10;

/**
 * Of stage queues. `reject-publish` is what makes at-least-once dead-lettering effective; there is no `max-length`, the
 * gateway bounds the backlog. Delivery limit: 4.x has 20 by default, which graceful channel closes alone would exhaust.
 * Consumer timeout: RabbitMQ's default of 30 min made explicit; 3.10 knows it only as a setting of the whole node. Leader
 * locator: by default all leaders would be on the node that the topology was applied through.
 */
const STAGE_QUEUE_RULES: readonly PolicyRule[] = [
  { key: 'dead-letter-strategy', value: 'at-least-once' },
  { key: 'overflow', value: 'reject-publish' },
  { key: 'delivery-limit', value: 1_000 },
  { key: 'queue-leader-locator', value: 'balanced' },
  { key: 'consumer-timeout', value: 1_800_000, since: [3, 12] },
];

/**
 * Of dead-letter queues. At the bound new entries are refused, not dropped: the relay keeps owing them, a malformed
 * message stays unacknowledged in its stage queue, the broker keeps dead-lettered messages in their source. Looking at a
 * letter must never cost it its life: no delivery limit (3.x has none, 4.x needs -1, which 3.10 refuses).
 */
const DEAD_LETTER_RULES: readonly PolicyRule[] = [
  { key: 'max-length', value: 1_000_000 },
  { key: 'overflow', value: 'reject-publish' },
  { key: 'delivery-limit', value: -1, since: [4, 0] },
];

const STAGE_NAME = /^[a-z][a-z0-9-]{0,20}$/;
const TYPE_NAME = /^[a-z0-9-]{1,64}$/;

function stageQueue(stageName: string, lane: Lane): string {
  return `jobline.${stageName}.${lane}`;
}

/** The queue that carries a stage's lane in this mode. */
export function queueOf(mode: TopologyMode, stageName: string, lane: Lane): string {
  return stageQueue(mode === 'single' ? SINGLE : stageName, lane);
}

/** A fanout: whatever reaches it goes to the dead-letter queue, with the routing key it had. */
export function deadLetterExchange(stageName: string): string {
  return `jobline.${stageName}.dlx`;
}

export function deadLetterQueue(stageName: string): string {
  return `jobline.${stageName}.dlq`;
}

/** @throws Error for a job type outside `[a-z0-9-]{1,64}`: a dot would miss every binding. */
export function stageRoutingKey(stageName: string, lane: Lane, type: string): string {
  if (!TYPE_NAME.test(type)) throw new Error(`Job type ${JSON.stringify(type)} cannot be routed; allowed: 1 to 64 of a-z, 0-9 and -`);
  return `stage.${stageName}.${lane}.${type}`;
}

/** The job type in a routing key of ours, undefined for any other routing key. */
export function typeInRoutingKey(routingKey: string): string | undefined {
  const parts = routingKey.split('.');
  return parts.length === 4 && parts[0] === 'stage' && TYPE_NAME.test(parts[3]!) ? parts[3] : undefined;
}

/** @throws Error when a stage name cannot be used in names and patterns, or there is none. */
export function topologyOf({ stageNames, mode }: { stageNames: readonly string[]; mode: TopologyMode }): Topology {
  const stages = [...new Set(stageNames)];
  for (const name of stages) {
    if (!STAGE_NAME.test(name) || name === SINGLE)
      throw new Error(`Stage name ${JSON.stringify(name)}: allowed is ${STAGE_NAME}, not "${SINGLE}"`);
  }
  if (stages.length === 0) throw new Error('A topology needs at least one stage');
  const carriers = mode === 'single' ? [SINGLE] : stages;
  const retired = mode === 'single' ? stages : [SINGLE];
  const buried = mode === 'single' ? [...stages, SINGLE] : stages;
  return {
    mode,
    exchanges: [
      { name: STAGES_EXCHANGE, type: 'topic' },
      { name: EVENTS_EXCHANGE, type: 'topic' },
      ...buried.map((name) => ({ name: deadLetterExchange(name), type: 'fanout' as const })),
    ],
    deadLetterQueues: buried.map(deadLetterQueue),
    stageQueues: carriers.flatMap((name) => LANES.map((lane) => stageQueue(name, lane))),
    deadLetterBindings: buried.map((name) => ({ exchange: deadLetterExchange(name), queue: deadLetterQueue(name), routingKey: '' })),
    stageBindings: carriers.flatMap(laneBindings),
    retiredBindings: retired.flatMap(laneBindings),
    queueClasses: [...carriers.map(stageClass), ...buried.map(deadLetterClass)],
  };
}

/** The policies for a server of this version: keys it does not know are left out. */
export function policiesFor(topology: Topology, version: readonly [number, number]): readonly PolicySpec[] {
  return topology.queueClasses.map(({ policy, pattern, rules }) => {
    const known = rules.filter(({ since }) => !since || version[0] > since[0] || (version[0] === since[0] && version[1] >= since[1]));
    return { name: policy, pattern, definition: Object.fromEntries(known.map(({ key, value }) => [key, value])) };
  });
}

/** The stage in the names of the queue's dead-letter exchange and queue. */
export function stageInQueue(queue: string): string {
  return queue.split('.')[1]!;
}

function laneBindings(carrier: string): readonly BindingSpec[] {
  return LANES.map((lane) => ({
    exchange: STAGES_EXCHANGE,
    queue: stageQueue(carrier, lane),
    routingKey: `stage.${carrier === SINGLE ? '*' : carrier}.${lane}.*`,
  }));
}

function stageClass(carrier: string): QueueClass {
  return {
    policy: `jobline.${carrier}`,
    pattern: `^jobline\\.${carrier}\\.(${LANES.join('|')})$`,
    rules: [{ key: 'dead-letter-exchange', value: deadLetterExchange(carrier) }, ...STAGE_QUEUE_RULES],
  };
}

function deadLetterClass(stageName: string): QueueClass {
  return { policy: `jobline.${stageName}.dlq`, pattern: `^jobline\\.${stageName}\\.dlq$`, rules: DEAD_LETTER_RULES };
}
