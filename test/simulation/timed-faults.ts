import { LANES } from '../../shared/domain/job.ts';
import { bellContent } from '../../shared/rabbit/bell-message.ts';
import { deadLetterQueue, queueOf } from '../../shared/rabbit/topology.ts';
import type { TimedFault } from './plan.ts';
import type { Seats } from './seats.ts';
import { PIPELINES } from './sim-types.ts';
import type { SimWorld } from './sim-world.ts';

/** Lets a fault of the plan happen now. */
export function playTimedFault(world: SimWorld, seats: Seats, fault: TimedFault): void {
  world.trace.note('fault', JSON.stringify(fault));
  switch (fault.kind) {
    case 'crash':
      return seats.crash(fault.seat, fault.downMs);
    case 'restart':
      return seats.restart(fault.seat, fault.downMs);
    case 'freeze':
      return seats.freeze(fault.seat, fault.forMs);
    case 'disconnect':
      return seats.disconnect(fault.seat, fault.forMs);
    case 'broker_away':
      seats.isBrokerAway = true;
      return lasting(world, fault.forMs, () => {
        seats.isBrokerAway = false;
      });
    case 'alarm':
      seats.isBlocked = true;
      return lasting(world, fault.forMs, () => {
        seats.isBlocked = false;
      });
    case 'unroutable':
      world.brokerState.isUnroutable = true;
      return lasting(world, fault.forMs, () => {
        world.brokerState.isUnroutable = false;
      });
    case 'management_away':
      world.brokerState.isManagementAway = true;
      return lasting(world, fault.forMs, () => {
        world.brokerState.isManagementAway = false;
      });
    case 'store_away':
      world.database.isAway = true;
      return lasting(world, fault.forMs, () => {
        world.database.isAway = false;
      });
    case 'fail_over':
      return failOver(world, fault.forMs);
    default:
      return byHand(world, fault);
  }
}

function lasting(world: SimWorld, forMs: number, end: () => void): void {
  world.timeline.after(forMs, undefined, end);
}

/** Writes stop replicating; then another node takes over, without what did not. */
function failOver({ database, timeline }: SimWorld, forMs: number): void {
  const { jobs } = database;
  if (jobs.isReplicationHeld) return;
  jobs.isReplicationHeld = true;
  timeline.after(forMs, undefined, () => {
    if (!jobs.isReplicationHeld) return;
    jobs.rollBack();
    jobs.replicate();
  });
}

type ByHand = Extract<TimedFault, { readonly nth: number }>;

/** What a person with the management UI does, or a broker that loses its disk. */
function byHand({ broker, plan, database, malformed }: SimWorld, { kind, nth }: ByHand): void {
  const stages = PIPELINES.stageNames();
  const stageQueues = [...new Set(stages.flatMap((stage) => LANES.map((lane) => queueOf(plan.topology, stage, lane))))];
  const nthOf = <T>(all: readonly T[]): T | undefined => all[nth % Math.max(all.length, 1)];
  switch (kind) {
    case 'purge':
      broker.purge(nthOf(stageQueues)!);
      return;
    case 'purge_dead_letters':
      broker.purge(deadLetterQueue(nthOf(stages)!));
      return;
    case 'malformed':
      malformed.push(`{"v":1,"nth":${nth}`);
      broker.inject(nthOf(stageQueues)!, malformed.at(-1)!);
      return;
    case 'duplicate_bell': {
      const bell = nthOf(stageQueues.flatMap((queue) => broker.ready(queue).map(({ envelope }) => ({ queue, envelope }))));
      if (bell) broker.accept({ ...bell.envelope, exchange: '', routingKey: bell.queue });
      return;
    }
    case 'move_letter':
    case 'copy_letter': {
      const stage = nthOf(stages.filter((name) => broker.ready(deadLetterQueue(name)).length > 0));
      if (stage === undefined) return;
      const letter = broker.take(deadLetterQueue(stage))!;
      const queue = queueOf(plan.topology, stage, 'standard');
      broker.inject(queue, letter.envelope.content.toString());
      if (kind === 'move_letter') broker.acknowledge(deadLetterQueue(stage), letter);
      else broker.giveBack(deadLetterQueue(stage), [letter]);
      return;
    }
    case 'combined_bell': {
      const bulk = database.jobs.records.filter(({ lane, active }) => lane === 'bulk' && active);
      const first = nthOf(bulk);
      if (!first) return;
      const bells = bulk.filter(({ stage }) => stage === first.stage).map(({ id, gen }) => ({ id, gen }));
      const queue = queueOf(plan.topology, stages[first.stage]!, 'bulk');
      broker.inject(queue, bellContent(first.stage, bells).toString());
    }
  }
}
