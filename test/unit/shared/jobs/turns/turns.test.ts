import { expect } from 'chai';
import { type Limit, limitIdOf } from '../../../../../shared/domain/control/limit.ts';
import { StoreUnavailableError } from '../../../../../shared/domain/failures.ts';
import type { TransitionName } from '../../../../../shared/domain/transition.ts';
import { Ringer } from '../../../../../shared/jobs/ringer.ts';
import { passAllTurns } from '../../../../../shared/jobs/turns/pass-turns.ts';
import type { Outcome } from '../../../../../shared/ports/stage-handler.ts';
import { done, EngineWorld, LEASE_MS, retry } from '../../../../support/engine-world.ts';
import { settled } from '../../../../support/virtual-clock.ts';

const KEY = { key: 'orders/7', limit: 1 };

describe('Turns', () => {
  let world: EngineWorld;
  /** Handlers at work, oldest first. */
  let running: { readonly id: string; end(outcome?: Outcome): void }[];
  let most: number;
  /** Jobs whose handlers were told to stop. */
  let stopped: string[];

  beforeEach(() => {
    world = new EngineWorld();
    running = [];
    most = 0;
    stopped = [];
    world.script = ({ record, stop }) =>
      new Promise((resolve) => {
        const end = (outcome: Outcome = done): void => {
          running = running.filter((one) => one !== entry);
          resolve(outcome);
        };
        const entry = { id: record.id, end };
        running.push(entry);
        stop.onStop(() => {
          stopped.push(record.id);
          end(retry);
        });
        most = Math.max(most, running.length);
      });
  });

  const limit = (selector: Limit['selector'], concurrency: number): Limit => ({
    id: limitIdOf(selector),
    ...{ selector, concurrency, reason: 'test', by: 'ops', createdAt: new Date(0) },
  });
  const until = (what: string, condition: () => boolean) => world.clock.advanceUntil(what, condition, 120_000);
  const sweep = () => {
    const deps = { places: world.places, waiting: world.turns, ...world.deps, ringer: new Ringer(world.deps) };
    return passAllTurns(deps, world.limits, new AbortController().signal);
  };
  /** Holds up the writes of a transition until told to go on. */
  function beforeWrites(name: TransitionName) {
    const apply = world.store.apply.bind(world.store);
    let [reached, go] = [false, (): void => undefined];
    const told = new Promise<void>((resolve) => (go = resolve));
    world.store.apply = async (ids, transition) => {
      if (transition.name === name) {
        reached = true;
        await told;
      }
      return apply(ids, transition);
    };
    return { isReached: () => reached, go };
  }
  /** Ends what runs, one after the other, until the jobs have completed. @returns ids in the order of their starts at each stage. */
  async function endAll(ids: readonly string[]): Promise<string[]> {
    const started: string[] = [];
    while (ids.some((id) => world.state(id) !== 'COMPLETED')) {
      await until('a handler runs', () => running.length > 0);
      started.push(running[0]!.id);
      running[0]!.end();
      await settled();
    }
    return started;
  }

  it('jobs of one key on two workers: run one at a time, in the order of their submission, and no attempt is counted for the wait', async () => {
    await world.worker();
    await world.worker({ owner: 'worker-2' });
    const ids: string[] = [];
    for (let count = 0; count < 6; count += 1) ids.push(await world.submit({ concurrency: KEY }));
    await until('the others wait', () => ids.filter((id) => world.record(id).pub?.for === `key:t/${KEY.key}`).length === 5);
    expect(ids.map((id) => world.record(id).attempt)).to.deep.equal([1, 0, 0, 0, 0, 0]);
    const started = await endAll(ids);
    expect(most).to.equal(1);
    expect(started.filter((id, index) => started.indexOf(id) === index)).to.deep.equal(ids);
    expect(ids.map((id) => [world.record(id).attempt, world.record(id).results.length])).to.deep.equal(ids.map(() => [1, 2]));
  });

  it('inline jobs of one key: run one at a time as well, also those that may run twice', async () => {
    await world.worker();
    const ids: string[] = [];
    for (const type of ['quick', 'twice', 'quick', 'twice']) ids.push(await world.submit({ type, concurrency: KEY }));
    await endAll(ids);
    expect(most).to.equal(1);
  });

  it('an attempt that failed: gives its place to the next job while it waits for its own next attempt', async () => {
    await world.worker();
    const [first, second] = [await world.submit({ concurrency: KEY }), await world.submit({ concurrency: KEY })];
    await until('the first runs and the second waits', () => running.length === 1 && world.record(second).pub?.for !== undefined);
    running[0]!.end(retry);
    await until('the second runs', () => running[0]?.id === second);
    expect(world.state(first)).to.equal('RETRY_WAIT');
  });

  it('other keys, other tenants and jobs without a key: are not held up', async () => {
    await world.worker();
    await world.submit({ concurrency: KEY });
    await world.submit({ concurrency: { ...KEY, key: 'orders/8' } });
    await world.submit({ concurrency: KEY, tenant: 'other' });
    await world.submit();
    await until('all four run', () => running.length === 4);
  });

  it('a place whose holder is gone: is called to once its lease is over, and no sooner', async () => {
    await world.worker();
    const forMs = 40_000;
    await world.places.take({ name: `key:t/${KEY.key}`, jobId: 'gone', claim: 'gone', places: 1, forMs });
    const id = await world.submit({ concurrency: KEY });
    await until('it waits', () => world.record(id).pub?.for !== undefined);
    await world.clock.advance(forMs - 1_000);
    expect(await sweep()).to.equal(0);
    await world.clock.advance(2_000);
    expect(await sweep()).to.equal(1);
    await until('it runs', () => running.length === 1);
  });

  for (const [what, renew] of [
    ['that cannot be renewed', () => Promise.reject(new StoreUnavailableError('away'))],
    ['whose renewal hangs', () => new Promise<never>(() => {})],
  ] as const)
    it(`a place ${what}: its handler is stopped before the place is free`, async () => {
      await world.worker();
      const id = await world.submit({ concurrency: KEY });
      await until('it runs', () => running.length === 1);
      world.places.renew = renew;
      let wasFree = false;
      world.script = () => done;
      await until('it is handed back', () => {
        wasFree ||= world.clock.now().getTime() - world.record(id).createdAt.getTime() >= (LEASE_MS * 4) / 3;
        return stopped.length === 1;
      });
      expect(wasFree).to.equal(false);
    });

  it("a place that has become another's while its holder was away: the holder is stopped once it looks, and hands its job back", async () => {
    await world.worker();
    const id = await world.submit({ concurrency: KEY });
    await until('it runs', () => running.length === 1);
    const name = `key:t/${KEY.key}`;
    await world.places.free(name, world.record(id).claim!);
    expect(await world.places.take({ name, jobId: 'other', claim: 'other', places: 1, forMs: 600_000 })).to.equal(true);
    await world.clock.advanceUntil('it is stopped', () => stopped.length === 1, LEASE_MS / 3 + 1_000);
    await until('it waits', () => world.record(id).pub?.for === name);
    expect([world.record(id).state, world.record(id).attempt]).to.deep.equal(['QUEUED', 0]);
  });

  it('a handler that has ended, while its commit is under way: has its place still', async () => {
    await world.worker();
    const [first] = [await world.submit({ concurrency: KEY }), await world.submit({ concurrency: KEY })];
    const commit = beforeWrites('commit');
    await until('one runs', () => running.length === 1);
    running[0]!.end();
    await until('its commit is under way', () => commit.isReached());
    await world.clock.advance(5_000);
    expect([running, world.state(first)]).to.deep.equal([[], 'RUNNING']);
    commit.go();
    await until('the other runs', () => running.length === 1);
  });

  it('a place that becomes free between the miss and the release: the job is called to it by whoever has released it', async () => {
    await world.worker();
    const place = { name: `key:t/${KEY.key}`, jobId: 'other', claim: 'other', places: 1, forMs: 600_000 };
    await world.places.take(place);
    const release = beforeWrites('release');
    await world.submit({ concurrency: KEY });
    await until('its release is under way', () => release.isReached());
    await world.places.free(place.name, place.claim);
    release.go();
    await until('it runs', () => running.length === 1);
  });

  it('a limit of a tenant: holds all of its jobs; raised, more run', async () => {
    await world.worker();
    world.limits = [limit({ tenant: 't' }, 2)];
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) ids.push(await world.submit());
    await until('two wait', () => ids.filter((id) => world.record(id).pub?.for === 'tenant:t').length === 2);
    expect(running).to.have.length(2);
    world.limits = [limit({ tenant: 't' }, 3)];
    expect(await sweep()).to.equal(1);
    await until('three run', () => running.length === 3);
    world.limits = [];
    await sweep();
    await until('all run', () => running.length === 4);
  });

  it('a limit of a key by an operator: counts in place of what its jobs say', async () => {
    await world.worker();
    world.limits = [limit({ tenant: 't', key: KEY.key }, 2)];
    for (let count = 0; count < 3; count += 1) await world.submit({ concurrency: KEY });
    await until('two run', () => running.length === 2);
    await settled();
    expect(most).to.equal(2);
  });

  it('a job without a limit: asks nobody for a place', async () => {
    await world.worker();
    world.places.take = () => Promise.reject(new Error('asked'));
    const id = await world.submit();
    await endAll([id]);
  });
});
