import { expect } from 'chai';
import { cancel } from '../../../../shared/domain/transitions.ts';
import { relayEvents } from '../../../../shared/jobs/relay-events.ts';
import { EngineWorld, reject } from '../../../support/engine-world.ts';
import { settled } from '../../../support/virtual-clock.ts';

/** Ends that somebody is called back for are left to the relay (tell-ends.test.ts has the others). */
const callback = { url: 'https://example.com/ended' };

describe('relayEvents', () => {
  let world: EngineWorld;
  const never = new AbortController().signal;
  const publishDue = () => relayEvents(world, never);
  beforeEach(() => {
    world = new EngineWorld();
  });

  it('jobs that ended, are announced once each with what became of them', async () => {
    world.script = ({ payload }) => (payload.input === 'bad' ? reject : { kind: 'done' });
    await world.worker();
    const good = await world.submit({ callback });
    const bad = await world.submit({ payload: { input: 'bad', options: {} } });
    await settled();
    expect(await publishDue()).to.equal(2);
    expect(new Set(world.bus.events.map(({ id, event }) => `${id} ${event}`))).to.deep.equal(
      new Set([`${good}:1 completed`, `${bad}:1 failed`]),
    );
    expect(world.bus.events.find(({ jobId }) => jobId === good)).to.deep.include({
      tenant: 't',
      type: 'job',
      at: world.record(good).doneAt,
    });
    expect(await publishDue()).to.equal(0);
  });

  it('an event that was not confirmed, is announced again after 30 s under the same id', async () => {
    await world.worker();
    const id = await world.submit({ callback });
    await settled();
    const publish = world.bus.publishEvents.bind(world.bus);
    world.bus.publishEvents = async (events) => (await publish(events)).map(() => 'unknown');
    expect(await publishDue()).to.equal(0);
    world.bus.publishEvents = publish;
    expect(await publishDue()).to.equal(0);
    await world.clock.advance(30_000);
    expect(await publishDue()).to.equal(1);
    expect(world.bus.events.map((event) => event.id)).to.deep.equal([`${id}:1`, `${id}:1`]);
  });

  it('a job that was replayed between the look and the write after it, owes no event of its run that goes on', async () => {
    world.script = () => reject;
    const worker = await world.worker();
    const id = await world.submit();
    await settled();
    await worker.consumer.close();
    world.bus.publishEvents = async (events) => events.map(() => 'unknown');
    world.store.hook = async ({ transition }) => {
      if (transition?.name !== 'postpone_event') return;
      world.store.hook = undefined;
      await world.replayer.replay('t', id);
    };
    await publishDue();
    expect(world.record(id)).to.deep.include({ state: 'QUEUED' });
    expect(world.record(id).evt).to.deep.equal({ seq: 1 });
  });

  it('a broker that takes nothing, is not asked', async () => {
    await world.worker();
    const id = await world.submit({ callback });
    await settled();
    world.bus.isBlocked = true;
    expect([await publishDue(), world.bus.events.length, world.asked('postpone_event')]).to.deep.equal([0, 0, 0]);
    expect(world.record(id).evt).to.have.property('due');
  });

  it('an end that a fail-over can still take back, is not announced before it is durable', async () => {
    const id = await world.insert();
    world.store.isReplicationHeld = true;
    world.store.failAfter(1, ({ transition }) => transition?.name === 'cancel');
    await world.store.apply([id], cancel(1_000)).catch(() => undefined);
    expect(world.state(id)).to.equal('CANCELED');
    expect([await publishDue(), world.bus.events.length]).to.deep.equal([0, 0]);
    world.store.replicate();
    expect(await publishDue()).to.equal(1);
    expect(world.bus.events.map(({ event }) => event)).to.deep.equal(['canceled']);
  });
});
