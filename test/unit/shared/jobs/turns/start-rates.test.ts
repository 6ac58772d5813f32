import { expect } from 'chai';
import { type Limit, limitIdOf } from '../../../../../shared/domain/control/limit.ts';
import { explainJob } from '../../../../../shared/domain/explain/explain-job.ts';
import { StoreUnavailableError } from '../../../../../shared/domain/failures.ts';
import { done, EngineWorld } from '../../../../support/engine-world.ts';

const KEY = { key: 'orders', limit: 100 };

describe('rates of tenants and keys', () => {
  let world: EngineWorld;
  let starts: { readonly id: string; readonly tenant: string; readonly atMs: number }[];

  beforeEach(() => {
    world = new EngineWorld();
    starts = [];
    world.script = ({ record: { id, tenant } }) => {
      starts.push({ id, tenant, atMs: world.clock.now().getTime() });
      return done;
    };
  });

  const rate = (selector: Limit['selector'], startsPerSecond: number, more: Partial<Limit> = {}): Limit => ({
    id: limitIdOf(selector),
    ...{ selector, startsPerSecond, reason: 'test', by: 'ops', createdAt: new Date(0) },
    ...more,
  });
  const many = (count: number, more: Parameters<EngineWorld['submit']>[0] = {}) =>
    Promise.all(Array.from({ length: count }, () => world.submit(more)));
  const isDone = (id: string) => world.state(id) === 'COMPLETED';
  /** With a relay each second, as schedulers have it. */
  async function run(seconds: number, until: () => boolean = () => false): Promise<void> {
    for (let second = 0; second < seconds && !until(); second += 1) {
      await world.clock.advance(1_000);
      await world.relayNow();
    }
  }
  /** The most starts in any stretch of so many seconds. */
  const mostWithin = (seconds: number, of = starts) =>
    Math.max(...of.map(({ atMs }) => of.filter((one) => one.atMs >= atMs && one.atMs < atMs + seconds * 1_000).length));

  it('of a tenant over three workers: no more start than it says, nearly as many do, and no attempt is counted for the wait', async () => {
    world.limits = [rate({ tenant: 't' }, 2)];
    for (const owner of ['worker-1', 'worker-2', 'worker-3']) await world.worker({ owner });
    const ids = await many(30);
    const begin = world.clock.now().getTime();
    await run(120, () => ids.every(isDone));
    expect(ids.every(isDone)).to.equal(true);
    // Two stages each. A bucket holds what a second brings.
    expect(starts).to.have.length(60);
    for (const seconds of [1, 5, 20]) expect(mostWithin(seconds), `${seconds} s`).to.be.at.most(2 * seconds + 2);
    expect((world.clock.now().getTime() - begin) / 1_000).to.be.within(29, 40);
    expect(ids.map((id) => world.record(id).attempt)).to.deep.equal(ids.map(() => 1));
  });

  it('other tenants: are not delayed by those that wait', async () => {
    world.limits = [rate({ tenant: 't' }, 0.1)];
    await world.worker({ slots: 2 });
    await many(50);
    const other = await world.submit({ tenant: 'other' });
    await run(3, () => isDone(other));
    expect(isDone(other)).to.equal(true);
    expect(starts.filter(({ tenant }) => tenant === 't').length).to.be.at.most(1);
  });

  it('of a key: those of the key alone; beside it the places of the key and the rate of the tenant count', async () => {
    world.limits = [rate({ tenant: 't', key: 'orders' }, 1), rate({ tenant: 't' }, 5)];
    await world.worker({ slots: 20 });
    const keyed = await many(6, { concurrency: KEY });
    const free = await many(10);
    await run(60, () => [...keyed, ...free].every(isDone));
    expect([...keyed, ...free].every(isDone)).to.equal(true);
    const ofKey = starts.filter(({ id }) => keyed.includes(id));
    for (const seconds of [1, 5]) {
      expect(mostWithin(seconds, ofKey)).to.be.at.most(seconds + 1);
      expect(mostWithin(seconds)).to.be.at.most(5 * seconds + 5);
    }
    expect((await world.places.look('key:t/orders')).taken).to.equal(0);
  });

  it('jobs that are claimed together: ask once', async () => {
    world.limits = [rate({ tenant: 't' }, 100)];
    await world.worker({ prefetch: 100 });
    const ids = await many(50, { type: 'quick' });
    await run(5, () => ids.every(isDone));
    expect(ids.every(isDone)).to.equal(true);
    expect(world.buckets.takes).to.be.at.most(10);
  });

  it('no such limit: no bucket is asked', async () => {
    world.limits = [rate({ tenant: 'other' }, 1), { ...rate({ tenant: 't' }, 1), startsPerSecond: undefined as never, concurrency: 5 }];
    await world.worker();
    const ids = await many(5);
    await run(5, () => ids.every(isDone));
    expect([ids.every(isDone), world.buckets.takes]).to.deep.equal([true, 0]);
  });

  it('while the bucket cannot be asked: nothing starts, and it goes on by itself', async () => {
    world.limits = [rate({ tenant: 't' }, 10)];
    const take = world.buckets.take.bind(world.buckets);
    world.buckets.take = () => Promise.reject(new StoreUnavailableError('away'));
    await world.worker();
    const ids = await many(3);
    await run(5);
    expect(starts).to.deep.equal([]);
    world.buckets.take = take;
    await run(30, () => ids.every(isDone));
    expect(ids.every(isDone)).to.equal(true);
  });

  it('a job that waits: its log says for what', async () => {
    world.limits = [rate({ tenant: 't' }, 0.01)];
    await world.worker();
    const ids = await many(2);
    await run(2);
    const waiting = ids.map((id) => world.record(id)).find(({ results }) => results.length === 0)!;
    expect(waiting.log.at(-1)).to.include({
      event: 'released',
      message: 'As many as may start in a second have started: 0.01 of tenant t.',
    });
    expect([waiting.state, waiting.pub?.for]).to.deep.equal(['QUEUED', undefined]);
    const type = world.pipelines.typeOf('job');
    const { reasons, next } = explainJob({ record: waiting, type, now: world.clock.now(), queue: 'q', canPublish: true });
    expect(reasons[0]).to.deep.include({ code: 'rate_reached', until: waiting.pub!.due });
    expect([reasons.some(({ code }) => code === 'given_back'), next]).to.deep.equal([
      false,
      `It is tried again at ${waiting.pub!.due!.toISOString().replace('.000', '')}; no attempt is counted.`,
    ]);
  });
});
