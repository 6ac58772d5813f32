import { expect } from 'chai';
import fc from 'fast-check';
import { cronerCalendar } from '../../../../../shared/cron/croner-calendar.ts';
import { StoreUnavailableError } from '../../../../../shared/domain/failures.ts';
import { JOB_TYPES, Pipelines } from '../../../../../shared/domain/pipeline.ts';
import type { ScheduleSpec, Tick } from '../../../../../shared/domain/schedule/schedule.ts';
import { runDueSchedules } from '../../../../../shared/jobs/schedules/run-due-schedules.ts';
import { JobSubmitter } from '../../../../../shared/jobs/submit-job.ts';
import type { ScheduleStore } from '../../../../../shared/ports/schedule-store.ts';
import { systemClock } from '../../../../../shared/runtime/system-clock.ts';
import { fingerprint } from '../../../../../shared/schema/fingerprint.ts';
import { JobTypeChecks } from '../../../../../shared/schema/job-type-checks.ts';
import { MemoryBroker } from '../../../../support/memory-broker.ts';
import { MemoryJobStore } from '../../../../support/memory-job-store.ts';
import { MemoryMessageBus } from '../../../../support/memory-message-bus.ts';
import { MemoryOutputStore } from '../../../../support/memory-output-store.ts';
import { MemoryScheduleStore } from '../../../../support/memory-schedule-store.ts';
import { scheduleRecord, scheduleSpec } from '../../../../support/schedules/schedule-record.ts';
import { oracleTicks } from '../../../../support/schedules/tick-oracle.ts';
import { silentLogger } from '../../../../support/silent-logger.ts';

const FROM = new Date('2027-03-27T12:00:00Z');
const ZONE = 'Europe/Berlin';

/** Any number of schedulers over one store, whose calls fail, before or after they took effect, as chance wants. */
class World {
  now = FROM;
  readonly #chance: () => number;
  #failing = 0;
  readonly schedules = new MemoryScheduleStore({ clock: systemClock });
  readonly clock = { ...systemClock, now: () => this.now };
  readonly store = new MemoryJobStore({ clock: this.clock });
  readonly #deps;

  constructor(chance: () => number) {
    this.#chance = chance;
    const { store, clock } = this;
    const broker = new MemoryBroker({ stageNames: ['p1', 'p2'] });
    const bus = new MemoryMessageBus({ broker, clock });
    const logger = silentLogger();
    const pipelines = new Pipelines(Object.values(JOB_TYPES));
    const submitter = new JobSubmitter({ store: this.#shaky(store), bus, clock, pipelines, logger });
    this.#deps = {
      schedules: this.#shaky<ScheduleStore>(this.schedules),
      store: this.#shaky(store),
      outputs: new MemoryOutputStore({ clock }),
      submitter,
      types: new JobTypeChecks(),
      calendar: cronerCalendar,
      fingerprint,
      clock: { random: chance },
      logger,
    };
  }

  /** So many passes at once, each of which may die at any await. */
  async passes(count: number, failing: number): Promise<void> {
    this.#failing = failing;
    const pass = () => runDueSchedules(this.#deps, new AbortController().signal).catch((error: unknown) => error);
    const ends = await Promise.all(Array.from({ length: count }, pass));
    for (const end of ends) if (end instanceof Error && !(end instanceof StoreUnavailableError)) throw end;
  }

  #shaky<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          await this.#mishap();
          const answer = (await value.apply(target, args)) as unknown;
          await this.#mishap();
          return answer;
        };
      },
    });
  }

  async #mishap(): Promise<void> {
    for (let turns = Math.floor(this.#chance() * 4); turns > 0; turns -= 1) await Promise.resolve();
    if (this.#chance() < this.#failing) throw new StoreUnavailableError('killed here');
  }

  async ledger(): Promise<readonly Tick[]> {
    const all: Tick[] = [];
    let after: string | undefined;
    do {
      const { ticks, next } = await this.schedules.listTicks({ scheduleId: 's1' }, 200, after);
      all.push(...ticks);
      after = next;
    } while (after !== undefined);
    return all.reverse();
  }
}

/** A random walk of three schedulers from FROM on, until nothing is open any more. */
async function walk(seed: number, spec: Partial<ScheduleSpec>): Promise<World> {
  let state = seed >>> 0;
  const chance = () => {
    // Mulberry32.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const world = new World(chance);
  await world.schedules.create(scheduleRecord('s1', { spec: scheduleSpec(spec), cursorAt: FROM, nextAt: FROM }));
  for (let step = 0; step < 30; step += 1) {
    // The clock of the store goes on, by hours while everybody is dead; once in a while a new primary is a minute behind.
    const byMs = chance() < 0.2 ? 7_200_000 * chance() : chance() < 0.1 ? -60_000 : 1_200_000 * chance();
    world.now = new Date(world.now.getTime() + Math.floor(byMs));
    await world.passes(3, 0.05);
  }
  for (let step = 0; step < 3; step += 1) await world.passes(3, 0);
  return world;
}

describe('schedules, run by three schedulers that die at any step', function () {
  this.timeout(60_000);
  const timing = { kind: 'cron', expression: '*/15 * * * *', timeZone: ZONE } as const;

  it('of which all missed ticks are to run: make one job for each instant of the oracle, none missing, none twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const world = await walk(seed, { timing, catchUp: { policy: 'all', max: 1_000, graceSeconds: 60 } });
        const [expected] = await oracleTicks([
          { expression: timing.expression, zone: ZONE, from: FROM, until: (await world.schedules.read('acme', 's1'))!.cursorAt },
        ]);
        const ledger = await world.ledger();
        expect(ledger.map(({ at }) => at.toISOString())).to.deep.equal(expected!.map((at) => at.toISOString()));
        expect(new Set(ledger.map(({ state }) => state))).to.deep.equal(new Set(['submitted']));
        const { jobs } = await world.store.list({}, 10_000);
        expect(jobs.map(({ id }) => id).sort()).to.deep.equal(ledger.map(({ jobId }) => jobId).sort());
      }),
      { numRuns: 25 },
    );
  });

  for (const overlap of ['skip', 'queue'] as const) {
    it(`with overlap ${overlap}: one job is at work at most, and each instant has its line with a reason`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(), async (seed) => {
          const world = await walk(seed, { timing, overlap, catchUp: { policy: 'once', max: 1, graceSeconds: 60 } });
          const ledger = await world.ledger();
          const { jobs } = await world.store.list({}, 10_000);
          expect(jobs.filter(({ active }) => active)).to.have.length(1);
          expect(ledger.filter(({ state }) => state === 'submitted').map(({ jobId }) => jobId)).to.deep.equal([jobs[0]!.id]);
          for (const { state, reason } of ledger)
            if (state === 'skipped') expect(reason).to.be.oneOf(['overlap', 'queue_full', 'caught_up_by_later']);
          const [expected] = await oracleTicks([
            { expression: timing.expression, zone: ZONE, from: FROM, until: (await world.schedules.read('acme', 's1'))!.cursorAt },
          ]);
          expect(ledger.map(({ at }) => at.toISOString())).to.deep.equal(expected!.map((at) => at.toISOString()));
        }),
        { numRuns: 15 },
      );
    });
  }
});
