import type { Pipelines } from '../domain/pipeline.ts';
import { rearm } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { Delivery, MessageBus, OutgoingBell } from '../ports/message-bus.ts';
import { untilStoreAnswers } from './store-patience.ts';

const PUBLISH_AGAIN_MS = 500;

export interface SplitDeps {
  readonly store: JobStore;
  readonly bus: MessageBus;
  readonly clock: Clock;
  readonly pipelines: Pipelines;
  readonly closed: AbortSignal;
}

/**
 * A redelivered message of several jobs becomes single messages before any is claimed (docs/protocol.md, AMQP rules): one of them
 * may have ended its worker. Acknowledged once every part is confirmed; what cannot be routed from here (a type of a newer
 * release) is owed again, for a relay that knows it.
 */
export async function splitRedelivered(deps: SplitDeps, delivery: Delivery): Promise<void> {
  const { store, bus, clock, closed } = deps;
  const records = await untilStoreAnswers(clock, closed, () =>
    store.read(
      delivery.bells.map((bell) => bell.id),
      'local',
    ),
  );
  const types = new Map(records.map((record) => [record.id, record.type]));
  let open: OutgoingBell[] = [];
  for (const bell of delivery.bells) {
    const type = types.get(bell.id);
    if (type === undefined) continue;
    const stageName = deps.pipelines.has(type) ? deps.pipelines.typeOf(type).stages[delivery.stage]?.name : undefined;
    if (stageName !== undefined) open.push({ stageName, stage: delivery.stage, lane: delivery.lane, type, bells: [bell] });
    else await untilStoreAnswers(clock, closed, () => store.apply([bell.id], rearm(bell.gen, clock.uuid())));
  }
  while (open.length > 0 && !closed.aborted) {
    const outcomes = await bus.publish(open);
    open = open.filter((_, index) => outcomes[index] !== 'confirmed');
    if (open.length > 0) await clock.sleep(PUBLISH_AGAIN_MS, closed);
  }
  if (open.length === 0) delivery.ack();
}
