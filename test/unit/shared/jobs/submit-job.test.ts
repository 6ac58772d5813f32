import { expect } from 'chai';
import { IdempotencyMismatchError, StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

const isInsert = ({ method }: { method: string }): boolean => method === 'insert';

describe('JobSubmitter', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('a submission, is answered only once the insert is durable, and rings after it', async () => {
    let release = (): void => undefined;
    world.store.hook = () => new Promise((resolve) => (release = resolve));
    let answer: string | undefined;
    void world.submit().then((id) => (answer = id));
    await settled();
    expect([answer, world.bus.published.length], 'while the insert is under way').to.deep.equal([undefined, 0]);
    world.store.hook = undefined;
    release();
    await settled();
    expect(world.record(answer!)).to.deep.include({ state: 'QUEUED', stage: 0, gen: 1, epoch: 0 });
    expect(world.bus.published[0]).to.deep.include({ outcome: 'confirmed' });
    expect(world.bus.published[0]!.message).to.deep.include({ stageName: 'p1', stage: 0, bells: [{ id: answer, gen: 1 }] });
  });

  it('a broker that never answers, does not hold up the answer', async () => {
    world.bus.publish = () => new Promise(() => undefined);
    expect(world.state(await world.submit())).to.equal('QUEUED');
  });

  it('a broker that is away, leaves the bell owed for the relay', async () => {
    world.bus.isConnected = false;
    const id = await world.submit();
    await world.clock.advance(5_000);
    expect(world.record(id).pub?.due).to.deep.equal(new Date(world.record(id).createdAt.getTime() + 15_000));
  });

  it('an insert that failed, is refused, no bell is rung, and the next one is taken', async () => {
    world.store.failBefore(1, isInsert);
    const error = await world.submit().catch((one: unknown) => one);
    expect(error).to.be.instanceOf(StoreUnavailableError);
    expect([world.store.all().length, world.bus.published.length]).to.deep.equal([0, 0]);
    expect(world.state(await world.submit())).to.equal('QUEUED');
  });

  it('an insert of unknown outcome, is refused; the same key then finds the job, which the relay has rung', async () => {
    world.store.failAfter(1, isInsert);
    const request = { idemKey: 'key' };
    expect(await world.submit(request).catch((one: unknown) => one)).to.be.instanceOf(StoreUnavailableError);
    await world.clock.advance(15_000);
    expect(await world.relayNow()).to.equal(1);
    const again = await world.submitter.submit(world.request(request));
    expect([again.created, world.store.all().length]).to.deep.equal([false, 1]);
    expect(again.record?.id).to.equal(again.id);
    expect(world.bus.published).to.have.length(1);
  });

  it('the same key and request at the same time, is one job and one bell', async () => {
    const answers = await Promise.all(Array.from({ length: 5 }, () => world.submitter.submit(world.request({ idemKey: 'key' }))));
    expect(new Set(answers.map(({ id }) => id)).size).to.equal(1);
    expect(answers.filter(({ created }) => created)).to.have.length(1);
    await settled();
    expect(world.bus.published).to.have.length(1);
  });

  it('the same key with another request, is refused; of another tenant, is another job', async () => {
    await world.submit({ idemKey: 'key' });
    const error = await world.submit({ idemKey: 'key', reqHash: 'other' }).catch((one: unknown) => one);
    expect(error).to.be.instanceOf(IdempotencyMismatchError);
    await world.submit({ idemKey: 'key', tenant: 'other', reqHash: 'other' });
    expect(world.store.all()).to.have.length(2);
  });

  it('many at once, share an insert; one that is wrong does not stop the others', async () => {
    await world.submit({ idemKey: 'taken' });
    const before = world.store.calls.length;
    const requests = [{}, { idemKey: 'taken', reqHash: 'other' }, {}].map((more) => world.request(more));
    const answers = await world.submitter.submitMany(requests);
    expect(answers.map((answer) => answer instanceof IdempotencyMismatchError)).to.deep.equal([false, true, false]);
    expect(world.store.calls.slice(before).filter(isInsert)).to.have.length(1);
  });

  it('many at once, some for later, ring in one burst those that are due', async () => {
    const bursts: number[] = [];
    const publish = world.bus.publish.bind(world.bus);
    world.bus.publish = (messages) => {
      bursts.push(messages.length);
      return publish(messages);
    };
    const runAt = new Date(world.clock.now().getTime() + 3_600_000);
    const answers = await world.submitter.submitMany([{}, { runAt }, { lane: 'bulk' as const }].map((more) => world.request(more)));
    await settled();
    const ids = answers.map((answer) => (answer instanceof Error ? '' : answer.id));
    expect(ids.map((id) => world.state(id))).to.deep.equal(['QUEUED', 'SCHEDULED', 'QUEUED']);
    expect(bursts).to.deep.equal([2]);
    expect(world.bus.published.map(({ message }) => message.lane)).to.deep.equal(['standard', 'bulk']);
  });

  it('many at once, whose insert failed or is of unknown outcome, are refused together', async () => {
    for (const fail of [() => world.store.failBefore(1, isInsert), () => world.store.failAfter(1, isInsert)]) {
      fail();
      const error = await world.submitter.submitMany([world.request(), world.request()]).catch((one: unknown) => one);
      expect(error).to.be.instanceOf(StoreUnavailableError);
    }
    await settled();
    expect(world.bus.published).to.deep.equal([]);
  });

  it('many whose bells the broker never answers, leave room for the bells of single ones', async () => {
    let stuck = true;
    const publish = world.bus.publish.bind(world.bus);
    world.bus.publish = (messages) => (stuck ? new Promise(() => undefined) : publish(messages));
    for (let batch = 0; batch < 21; batch += 1) await world.submitter.submitMany(Array.from({ length: 500 }, () => world.request()));
    await settled();
    stuck = false;
    await world.submit();
    await settled();
    expect(world.bus.published).to.have.length(1);
  });

  it('none, is answered without a look into the store', async () => {
    const before = world.store.calls.length;
    expect(await world.submitter.submitMany([])).to.deep.equal([]);
    expect(world.store.calls.length).to.equal(before);
  });

  it('a job for later, is SCHEDULED and rung by the relay when its time has come, not before', async () => {
    const runAt = new Date(world.clock.now().getTime() + 3_600_000);
    const id = await world.submit({ runAt });
    await world.clock.advance(3_599_999);
    expect([await world.relayNow(), world.state(id), world.bus.published.length]).to.deep.equal([0, 'SCHEDULED', 0]);
    await world.clock.advance(1);
    expect([await world.relayNow(), world.state(id)]).to.deep.equal([1, 'QUEUED']);
  });

  it('stop, waits for what is under way and writes the marks', async () => {
    const id = await world.submit();
    await world.submitter.stop();
    expect(world.record(id).pub).to.have.property('at');
    expect(world.record(id).pub).to.not.have.property('due');
  });
});
