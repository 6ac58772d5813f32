import { expect } from 'chai';
import { JobEndNotToldError } from '../../../../shared/domain/failures.ts';
import { cancel, claimCommit } from '../../../../shared/domain/transitions.ts';
import { deleteJob } from '../../../../shared/jobs/delete-job.ts';
import { relayEvents } from '../../../../shared/jobs/relay-events.ts';
import { done, EngineWorld, gate, retry } from '../../../support/engine-world.ts';
import { MemoryDeliveryStore } from '../../../support/memory-delivery-store.ts';
import { MemoryJobRemover } from '../../../support/memory-job-remover.ts';
import type { StoreCall } from '../../../support/memory-job-store.ts';
import { settled } from '../../../support/virtual-clock.ts';

const NOTED_FROM = 3;
/** Ends that somebody is called back for are left to the relay: what is told by the worker itself is in tell-ends.test.ts. */
const callback = { url: 'https://example.com/ended' };
const isInsert = ({ method }: StoreCall): boolean => method === 'insertNote';

describe('events that are owed by a note and left to the relay', () => {
  let world: EngineWorld;
  const never = new AbortController().signal;
  const relay = () => relayEvents(world, never);
  const told = () => world.bus.events.map(({ id }) => id).toSorted();
  const notes = () => world.store.notes.local;
  const count = (method: StoreCall['method']) => world.store.calls.filter((call) => call.method === method).length;
  beforeEach(() => {
    world = new EngineWorld();
  });

  /** Jobs that wait for one worker, which takes them together. */
  async function batch(size = NOTED_FROM, type = 'twice'): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let index = 0; index < size; index += 1) ids.push(await world.submit({ type, payload: { input: index, options: {} }, callback }));
    return ids;
  }
  const allEnd = (ids: readonly string[]) =>
    world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'), 60_000);
  const events = (ids: readonly string[]) => ids.map((id) => `${id}:1`).toSorted();

  for (const [type, transition] of [
    ['twice', 'claim_commit'],
    ['quick', 'commit'],
  ] as const) {
    it(`a batch of a type that is ${type}, owes one note, which is durable before its last commit and gone once all are told`, async () => {
      const ids = await batch(NOTED_FROM, type);
      const durable: number[] = [];
      world.store.hook = (call) => {
        if (call.transition?.name === transition) durable.push(world.store.notes.durable.length);
      };
      await world.worker({ notedFrom: NOTED_FROM });
      await allEnd(ids);
      await settled();
      expect(durable, 'notes at the commits of both stages').to.deep.equal([0, 1]);
      expect(ids.map((id) => world.record(id).evt)).to.deep.equal(ids.map(() => ({ seq: 1 })));
      expect([await relay(), told(), notes()]).to.deep.equal([NOTED_FROM, events(ids), []]);
      expect([await relay(), world.asked('mark_event'), count('insertNote')]).to.deep.equal([0, 0, 1]);
    });
  }

  it('a smaller batch, and a lone job, owe their events themselves', async () => {
    const ids = await batch(NOTED_FROM - 1);
    await world.worker({ notedFrom: NOTED_FROM });
    await allEnd(ids);
    ids.map((id) => expect(world.record(id).evt).to.have.property('due'));
    expect([count('insertNote'), await relay()]).to.deep.equal([0, NOTED_FROM - 1]);
  });

  for (const how of ['failBefore', 'failAfter'] as const) {
    it(`a note whose insert fails (${how}), is not relied on: each record owes its event`, async () => {
      world.store[how](1, isInsert);
      const ids = await batch();
      await world.worker({ notedFrom: NOTED_FROM });
      await allEnd(ids);
      ids.map((id) => expect(world.record(id).evt).to.have.property('due'));
      await relay();
      await world.clock.advance(15_000);
      await relay();
      expect([[...new Set(told())], notes()]).to.deep.equal([events(ids), []]);
    });
  }

  it('a note that is slow, is not waited for', async () => {
    world.store.hook = (call) => (isInsert(call) ? world.clock.sleep(20_000) : undefined);
    const ids = await batch();
    await world.worker({ notedFrom: NOTED_FROM });
    await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'), 5_000);
    ids.map((id) => expect(world.record(id).evt).to.have.property('due'));
  });

  it('a job of the batch that fails, is told when it ends: the note tells of the others alone', async () => {
    let fails = true;
    world.script = ({ payload, record }) => (payload.input === 1 && record.stage === 1 && fails ? retry : done);
    const ids = await batch();
    await world.worker({ notedFrom: NOTED_FROM });
    await world.clock.advanceUntil('two end', () => ids.filter((id) => world.state(id) === 'COMPLETED').length === 2);
    await settled();
    expect([await relay(), told(), notes()]).to.deep.equal([2, events([ids[0]!, ids[2]!]), []]);
    fails = false;
    await world.clock.advance(10_000);
    await world.relayNow();
    await world.until(ids[1]!, 'COMPLETED');
    expect([await relay(), told()]).to.deep.equal([1, events(ids)]);
  });

  it('events that are not confirmed, stay in the note, alone, and come again after 30 s under the same ids', async () => {
    const ids = await batch();
    await world.worker({ notedFrom: NOTED_FROM });
    await allEnd(ids);
    await settled();
    const publish = world.bus.publishEvents.bind(world.bus);
    world.bus.publishEvents = async (all) => (await publish(all)).map((outcome, index) => (index === 1 ? 'unknown' : outcome));
    expect(await relay()).to.equal(2);
    expect(notes().map(({ jobs }) => jobs.map(({ id }) => id))).to.deep.equal([[ids[1]]]);
    world.bus.publishEvents = publish;
    expect(await relay()).to.equal(0);
    await world.clock.advance(30_000);
    expect([await relay(), notes()]).to.deep.equal([1, []]);
    expect(told().filter((id) => id === `${ids[1]}:1`)).to.have.length(2);
  });

  it('a worker that dies between note and commit: the note tells nothing while the commit may come, and is dropped when another has made it', async () => {
    const hold = gate();
    world.script = (job, stage) => (job.record.stage === 1 ? hold.script(job, stage) : done);
    const ids = await batch();
    const worker = await world.worker({ notedFrom: NOTED_FROM });
    await world.clock.advanceUntil('the note to be stored', () => notes().length === 1);
    await world.clock.advance(15_000);
    expect([await relay(), notes().length, told()]).to.deep.equal([0, 1, []]);
    worker.crash();
    world.script = () => done;
    await world.worker({ owner: 'other', notedFrom: 99 });
    await world.clock.advance(60_000);
    await world.relayNow();
    await allEnd(ids);
    await relay();
    expect([told(), notes()]).to.deep.equal([events(ids), []]);
  });

  it('a commit that comes long after the note was looked at first, is told', async () => {
    const hold = gate();
    world.script = (job, stage) => (job.record.stage === 1 ? hold.script(job, stage) : done);
    const ids = await batch();
    await world.worker({ notedFrom: NOTED_FROM });
    await world.clock.advanceUntil('the note to be stored', () => notes().length === 1);
    await world.clock.advance(20_000);
    await relay();
    hold.open();
    await settled();
    expect(ids.map((id) => world.state(id))).to.deep.equal(ids.map(() => 'COMPLETED'));
    expect([await relay(), told()], 'at once').to.deep.equal([NOTED_FROM, events(ids)]);
  });

  it('a job that was canceled under the note, is told as canceled, by its record', async () => {
    const hold = gate();
    world.script = (job, stage) => (job.record.stage === 1 ? hold.script(job, stage) : done);
    const ids = await batch();
    await world.worker({ notedFrom: NOTED_FROM });
    await world.clock.advanceUntil('the note to be stored', () => notes().length === 1);
    await world.store.apply([ids[0]!], cancel(1_000));
    hold.open();
    await settled();
    await world.clock.advance(1_000);
    await relay();
    const byJob = new Map(world.bus.events.map(({ jobId, event }) => [jobId, event]));
    expect([world.bus.events.length, ids.map((id) => byJob.get(id))]).to.deep.equal([3, ['canceled', 'completed', 'completed']]);
  });

  it('an end that a fail-over can still take back, is not told before it is durable', async () => {
    const id = await world.insert({ type: 'twice' });
    world.patch(id, { stage: 1 });
    await world.store.insertNote({ id: 'c', jobs: [{ id, gen: 1 }] });
    await world.store.makeNoteDue('c');
    world.store.isReplicationHeld = true;
    world.store.failAfter(1, ({ transition }) => transition?.name === 'claim_commit');
    const commit = claimCommit({ stage: 1, gen: 1, claim: 'c', last: true, token: 't', retainMs: 60_000, tookMs: 1, isNoted: true });
    await world.store.apply([id], commit).catch(() => undefined);
    expect([world.state(id), await relay(), told(), notes().length]).to.deep.equal(['COMPLETED', 0, [], 1]);
    world.store.replicate();
    await world.clock.advance(30_000);
    expect([await relay(), told(), notes()]).to.deep.equal([1, [`${id}:1`], []]);
  });

  it('a job whose event a note owes still, is not deleted; once it is told, it is', async () => {
    const ids = await batch();
    await world.worker({ notedFrom: NOTED_FROM });
    await allEnd(ids);
    await settled();
    const deliveries = new MemoryDeliveryStore(world);
    const deps = { ...world.deps, outputs: world.outputs, remover: new MemoryJobRemover(world.store), deliveries };
    const error = await deleteJob(deps, world.record(ids[0]!)).catch((problem: unknown) => problem);
    expect(error).to.be.instanceOf(JobEndNotToldError);
    await relay();
    await deleteJob(deps, world.record(ids[0]!));
    expect(world.store.peek(ids[0]!)).to.equal(undefined);
  });

  it('a job that is gone, leaves its note', async () => {
    const ids = await batch();
    await world.worker({ notedFrom: NOTED_FROM });
    await allEnd(ids);
    await settled();
    world.store.forget(ids[2]!);
    expect([await relay(), told(), notes()]).to.deep.equal([2, events(ids.slice(0, 2)), []]);
  });
});
