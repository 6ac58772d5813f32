import { expect } from 'chai';
import { StoreUnavailableError } from '../../../../../shared/domain/failures.ts';
import { rescueStalled } from '../../../../../shared/jobs/rescue-stalled.ts';
import { Ringer } from '../../../../../shared/jobs/ringer.ts';
import { StageEngine } from '../../../../../shared/jobs/stage-engine.ts';
import { passAllTurns } from '../../../../../shared/jobs/turns/pass-turns.ts';
import type { TaskRunner } from '../../../../../shared/ports/task-runner.ts';
import { SeededRandom } from '../../../../chaos/seeded-random.ts';
import { done, EngineWorld, LEASE_MS, retry } from '../../../../support/engine-world.ts';
import { MemoryMessageBus, samePrefetch } from '../../../../support/memory-message-bus.ts';
import { settled } from '../../../../support/virtual-clock.ts';

const SEEDS = 4;
const KEYS = 3;
const JOBS = 12;
const WORKERS = 3;
const STEP_MS = 1_000;
const END_MS = 3_600_000;

/** What a worker process asks of the outside: some calls fail with or without effect, and none gets through once it is killed. */
function throughNetwork<T extends object>(target: T, isKilled: () => boolean, fails: () => 'before' | 'after' | undefined): T {
  const call = async (method: (...args: unknown[]) => unknown, args: unknown[]): Promise<unknown> => {
    const fault = fails();
    if (isKilled() || fault === 'before') throw new StoreUnavailableError('before');
    const answer = await method.apply(target, args);
    if (isKilled() || fault === 'after') throw new StoreUnavailableError('after');
    return answer;
  };
  return new Proxy(target, {
    get: (_, name) => {
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? (...args: unknown[]) => call(value as (...args: unknown[]) => unknown, args) : value;
    },
  });
}

describe('Turns under chaos', function () {
  this.timeout(120_000);

  for (let seed = 1; seed <= SEEDS; seed += 1)
    it(`kills, retries and a store that fails, seed ${seed}: never more of a key at once than its limit, and all end`, async () => {
      const world = new EngineWorld();
      const random = new SeededRandom(seed);
      const limits = [1, 1, 2];
      const running = new Map<string, number>();
      const tooMany: string[] = [];

      /** One worker process; killed, its handlers are gone and nothing that it does gets anywhere. */
      async function startWorker(index: number): Promise<() => void> {
        let isKilled = false;
        const held: string[] = [];
        const fault = () => (random.chance(0.03) ? random.pick(['before', 'after'] as const) : undefined);
        const behind = <T extends object>(target: T): T => throughNetwork(target, () => isKilled, fault);
        const bus = new MemoryMessageBus({ broker: world.broker, clock: world.clock });
        const count = (key: string, change: number): void => {
          running.set(key, (running.get(key) ?? 0) + change);
          if (running.get(key)! > limits[Number(key)]!) tooMany.push(key);
        };
        const runner: TaskRunner = {
          isolationOf: (type) => world.runner.isolationOf(type),
          mayRunTwice: () => false,
          runInline: () => Promise.reject(new Error('a limited job was worked in a batch')),
          runOne: async (job) => {
            // Nothing begins in a process that is gone.
            if (isKilled) return { outcome: done, files: [] };
            const { key } = job.record.concurrency!;
            held.push(key);
            count(key, 1);
            const untilMs = world.clock.monotonicMs() + random.next() * 20_000;
            while (!isKilled && !job.stop.isStopped && world.clock.monotonicMs() < untilMs) await world.clock.sleep(500);
            if (isKilled) return { outcome: done, files: [] };
            held.splice(held.indexOf(key), 1);
            count(key, -1);
            return { outcome: random.chance(0.2) ? retry : done, files: [] };
          },
        };
        const engine = new StageEngine({
          ...{ ...world.deps, store: behind(world.store), bus, outputs: world.outputs, runner },
          ...{ owner: `worker-${index}`, leaseMs: LEASE_MS, slots: 3 },
          limited: { places: behind(world.places), waiting: behind(world.turns), limits: () => [] },
        });
        await bus.consume({ stages: ['p1', 'p2'], prefetch: samePrefetch(10), onDelivery: (delivery) => engine.accept(delivery) });
        return () => {
          isKilled = true;
          bus.isConnected = false;
          for (const key of held.splice(0)) count(key, -1);
        };
      }

      const kills = await Promise.all(Array.from({ length: WORKERS }, (_, index) => startWorker(index)));
      const ids: string[] = [];
      for (let index = 0; index < JOBS; index += 1) {
        const key = index % KEYS;
        ids.push(
          await world.submit({
            concurrency: { key: String(key), limit: limits[key]! },
            maxAttempts: 25,
            type: index % 2 ? 'job' : 'quick',
          }),
        );
      }
      const deps = { places: world.places, waiting: world.turns, ...world.deps, ringer: new Ringer(world.deps) };
      const never = new AbortController().signal;
      const isEnded = () => ids.every((id) => ['COMPLETED', 'FAILED'].includes(world.state(id)));
      let workers = WORKERS;
      for (let atMs = 0; !isEnded() && atMs < END_MS; atMs += STEP_MS) {
        await world.clock.advance(STEP_MS);
        await settled();
        await world.relayNow();
        await rescueStalled(world.deps);
        await passAllTurns(deps, [], never);
        if (random.chance(0.02) && atMs < 300_000) {
          const slot = random.below(WORKERS);
          kills[slot]!();
          workers += 1;
          kills[slot] = await startWorker(workers);
        }
      }
      expect(tooMany, 'keys with more at once than their limit').to.deep.equal([]);
      expect(ids.map((id) => world.state(id)).filter((state) => !['COMPLETED', 'FAILED'].includes(state))).to.deep.equal([]);
    });
});
