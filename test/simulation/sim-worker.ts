import { StageEngine } from '../../shared/jobs/stage-engine.ts';
import type { ClaimedJob } from '../../shared/ports/task-runner.ts';
import { prefetchOf, StageConsumer } from '../../shared/worker/stage-consumer.ts';
import type { Behaviour, Seat } from './plan.ts';
import type { SimMessageBus } from './sim-message-bus.ts';
import type { SimProcess } from './sim-process.ts';
import { SimTaskRunner } from './sim-task-runner.ts';
import { PIPELINES } from './sim-types.ts';
import type { SimWorld } from './sim-world.ts';
import { jobStoreOf, outputStoreOf } from './store-port.ts';

/** A process once it runs. */
export interface Running {
  /** In the middle of a task of its own accord. */
  isBusy?(): boolean;
  start(): Promise<void>;
  /** As at SIGTERM. */
  stop(): Promise<void>;
}

const STAGES: Readonly<Record<string, readonly string[]>> = { 'p1-worker': ['p1'], 'p2-worker': ['p2'] };

/** A stage worker, wired as shared/worker/stage-worker.ts wires it. */
export function simWorker(
  world: SimWorld,
  process: SimProcess,
  bus: SimMessageBus,
  { role, slots }: Seat,
  behaviourOf: (job: ClaimedJob) => Behaviour,
): Running {
  const { clock, name: owner } = process;
  const { plan, timeline, trace } = world;
  const store = jobStoreOf(process, world.database, world.plan.mode !== 'audit_off');
  const outputs = outputStoreOf(process, world.database);
  const logger = world.loggerOf(process);
  const runner = new SimTaskRunner({
    process,
    timeline,
    trace,
    outputs,
    slots,
    behaviourOf,
    onProduct: (key) => world.produced.add(key),
    onEffect: (effect) => world.effects.push(effect),
    onOverload: (active) => world.report('bounds: no more isolated handlers at once than slots', '', `${owner}: ${active} of ${slots}`),
  });
  const { leaseMs } = plan;
  // Batches are small here. In half of the schedules lone jobs of inline types are noted too.
  const settings = { leaseMs, slots, notedFrom: plan.seed % 2 === 0 ? 1 : 2 };
  const engine = new StageEngine({ store, outputs, bus, clock, logger, pipelines: PIPELINES, runner, owner, ...settings });
  return new StageConsumer({
    engine,
    bus,
    store,
    clock,
    logger,
    stages: STAGES[role] ?? PIPELINES.stageNames(),
    prefetch: prefetchOf(slots, true, plan.inlinePrefetch),
    shutdownTimeoutMs: 20_000,
    owner,
  });
}
