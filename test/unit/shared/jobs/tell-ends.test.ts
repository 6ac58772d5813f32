import { expect } from 'chai';
import { relayEvents } from '../../../../shared/jobs/relay-events.ts';
import { EndTeller } from '../../../../shared/jobs/tell-ends.ts';
import type { PublishOutcome } from '../../../../shared/ports/message-bus.ts';
import { done, EngineWorld, reject, type Worker } from '../../../support/engine-world.ts';
import type { StoreCall } from '../../../support/memory-job-store.ts';
import { settled } from '../../../support/virtual-clock.ts';

const NOTED_FROM = 3;
const callback = { url: 'https://example.com/ended' };
const never = () => new Promise<never>(() => undefined);

describe('ends told by the worker that has committed them', () => {
  let world: EngineWorld;
  beforeEach(() => {
    world = new EngineWorld();
  });

  const relay = () => relayEvents(world, new AbortController().signal);
  const toldBy = ({ bus }: Pick<Worker, 'bus'>) => bus.events.map(({ id, event }) => `${id} ${event}`).toSorted();
  const completed = (ids: readonly string[], seq = 1) => ids.map((id) => `${id}:${seq} completed`).toSorted();
  const count = (method: StoreCall['method']) => world.store.calls.filter((call) => call.method === method).length;
  const notes = () => world.store.notes.local;
  /** In ms from now. */
  const dueIn = (id: string) => {
    const due = world.record(id).evt?.due;
    return due && due.getTime() - world.clock.now().getTime();
  };

  /** Jobs that wait for one worker, which takes them together. */
  async function wait(jobs: number, more: object = { type: 'twice' }): Promise<readonly string[]> {
    const ids: string[] = [];
    for (let index = 0; index < jobs; index += 1) ids.push(await world.submit(more));
    return ids;
  }

  /** A worker whose broker answers so for events. */
  async function workerWith(answer: (count: number) => Promise<readonly PublishOutcome[]>): Promise<Worker> {
    const worker = await world.worker({ notedFrom: NOTED_FROM });
    worker.bus.publishEvents = async (events) => answer(events.length);
    return worker;
  }

  for (const type of ['job', 'quick', 'twice']) {
    it(`lone jobs (${type}), are told at once, and what they owe is settled by one write for all a second later`, async () => {
      const worker = await world.worker({ notedFrom: NOTED_FROM });
      const ids = [await world.submit({ type })];
      await settled();
      ids.push(await world.submit({ type }));
      await settled();
      expect(toldBy(worker)).to.deep.equal(completed(ids));
      expect([ids.map(dueIn), world.asked('mark_event')]).to.deep.equal([[15_000, 15_000], 0]);
      await world.clock.advance(1_000);
      expect(ids.map((id) => world.record(id).evt)).to.deep.equal([{ seq: 1 }, { seq: 1 }]);
      expect([world.asked('mark_event'), await relay(), count('insertNote')]).to.deep.equal([1, 0, 0]);
    });
  }

  for (const type of ['quick', 'twice']) {
    it(`a batch with a note (${type}), is told at once, and its note goes a second later: nobody looks at it`, async () => {
      const ids = await wait(NOTED_FROM, { type });
      const worker = await world.worker({ notedFrom: NOTED_FROM });
      await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'));
      await settled();
      expect([toldBy(worker), notes().length]).to.deep.equal([completed(ids), 1]);
      await world.clock.advance(1_000);
      expect([notes(), await relay(), world.bus.events]).to.deep.equal([[], 0, []]);
      expect([count('makeNoteDue'), count('readNoted'), count('removeNotes')]).to.deep.equal([0, 0, 1]);
    });
  }

  it('an event, says when the job ended, as its record does', async () => {
    const worker = await world.worker();
    const id = await world.submit();
    await settled();
    expect(worker.bus.events).to.deep.equal([
      { id: `${id}:1`, jobId: id, tenant: 't', type: 'job', event: 'completed', at: world.record(id).doneAt },
    ]);
  });

  it('the event of a replayed job, has the next number', async () => {
    world.script = () => reject;
    const worker = await world.worker();
    const id = await world.submit();
    await settled();
    world.script = () => done;
    await world.replayer.replay('t', id);
    await settled();
    expect(toldBy(worker)).to.deep.equal(completed([id], 2));
    await world.clock.advance(1_000);
    expect(world.record(id).evt).to.deep.equal({ seq: 2 });
  });

  it('a job that failed, is left to the relay, at once', async () => {
    world.script = () => reject;
    const worker = await world.worker();
    const id = await world.submit();
    await settled();
    expect([toldBy(worker), dueIn(id), await relay()]).to.deep.equal([[], 0, 1]);
  });

  it('a commit, its acknowledgement and the next jobs, wait for no answer of the broker', async () => {
    const worker = await workerWith(never);
    const ids = [...(await wait(2))];
    await settled();
    ids.push(...(await wait(1)));
    await settled();
    expect(ids.map((id) => world.state(id))).to.deep.equal(ids.map(() => 'COMPLETED'));
    expect([worker.engine.running, world.inQueue('p1'), world.inQueue('p2')]).to.deep.equal([0, 0, 0]);
  });

  for (const outcome of ['returned', 'refused', 'unknown'] as const) {
    it(`an event that is not confirmed (${outcome}), stays owed by its record, for the relay 15 s later`, async () => {
      await workerWith(async () => [outcome]);
      const [id] = await wait(1);
      await settled();
      await world.clock.advance(14_999);
      expect([dueIn(id!), world.asked('mark_event'), await relay()]).to.deep.equal([1, 0, 0]);
      await world.clock.advance(1);
      expect([await relay(), toldBy(world)]).to.deep.equal([1, completed([id!])]);
    });

    it(`events of a note of which one is not confirmed (${outcome}), are left to the relay, at once`, async () => {
      const ids = await wait(NOTED_FROM);
      await workerWith(async () => ['confirmed', outcome, 'confirmed']);
      await world.clock.advanceUntil('the note to be due', () => count('makeNoteDue') === 1);
      expect([await relay(), toldBy(world), notes()]).to.deep.equal([NOTED_FROM, completed(ids), []]);
    });
  }

  for (const jobs of [1, NOTED_FROM]) {
    it(`a worker that dies between commit and event (${jobs} jobs), leaves them to the relay 15 s after`, async () => {
      let worker: Worker | undefined;
      Object.assign(world.deps, {
        failpoints: {
          reach: async (name: string, ids: readonly string[]) => {
            if (name !== 'commit|ack' || world.state(ids[0]!) !== 'COMPLETED') return;
            worker!.crash();
            await never();
          },
        },
      });
      const ids = await wait(jobs);
      worker = await world.worker({ notedFrom: NOTED_FROM });
      await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'));
      expect(await relay()).to.equal(0);
      await world.clock.advance(15_000);
      expect([toldBy(worker), await relay(), toldBy(world)]).to.deep.equal([[], jobs, completed(ids)]);
    });

    it(`ends whose commit was only read back (${jobs} jobs), are told by the relay: they may not be durable`, async () => {
      const ids = await wait(jobs);
      world.store.failAfter(1, ({ transition }) => transition?.name === 'claim_commit' && transition.set?.['state'] === 'COMPLETED');
      const worker = await world.worker({ notedFrom: NOTED_FROM });
      await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'));
      await world.clock.advance(15_000);
      expect([toldBy(worker), await relay(), toldBy(world)]).to.deep.equal([[], jobs, completed(ids)]);
    });

    it(`ends of which one has a callback (${jobs} jobs), are left to the relay, at once`, async () => {
      const ids = [...(await wait(jobs - 1)), await world.submit({ type: 'twice', callback })];
      const worker = await world.worker({ notedFrom: NOTED_FROM });
      await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'));
      await settled();
      expect([toldBy(worker), await relay(), toldBy(world)]).to.deep.equal([[], jobs, completed(ids)]);
    });
  }

  it('an end while the broker takes nothing, is left to the relay, at once', async () => {
    const id = await world.insert({ type: 'twice' });
    world.patch(id, { stage: 1 });
    const worker = await world.worker();
    worker.bus.isBlocked = true;
    await world.ring(id, { stage: 1, type: 'twice' });
    expect([world.state(id), toldBy(worker), dueIn(id), await relay()]).to.deep.equal(['COMPLETED', [], 0, 1]);
  });

  for (const method of ['apply', 'removeNotes'] as const) {
    it(`told ends that cannot be settled (${method}), are told again by the relay under the same ids`, async () => {
      const ids = await wait(method === 'apply' ? 2 : NOTED_FROM);
      world.store.failBefore(1, (call) => call.method === method && (method !== 'apply' || call.transition?.name === 'mark_event'));
      const worker = await world.worker({ notedFrom: NOTED_FROM });
      await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'COMPLETED'));
      await world.clock.advance(15_000);
      expect([toldBy(worker), await relay(), toldBy(world)]).to.deep.equal([completed(ids), ids.length, completed(ids)]);
      expect(await relay()).to.equal(0);
    });
  }

  it('a worker that stops, waits two seconds for answers of the broker, and settles what is told', async () => {
    const answers: ((outcomes: readonly PublishOutcome[]) => void)[] = [];
    const worker = await workerWith(() => new Promise((resolve) => answers.push(resolve)));
    const [told] = await wait(1);
    await settled();
    const [late] = await wait(1);
    await settled();
    const stopping = worker.engine.drain(1_000);
    await settled();
    answers[0]!(['confirmed']);
    await world.clock.advance(2_000);
    await stopping;
    expect([world.record(told!).evt, dueIn(late!)]).to.deep.equal([{ seq: 1 }, 13_000]);
  });

  it('ends beyond 10,000 that are not settled, are left to the relay', async () => {
    world.bus.publishEvents = never;
    const teller = new EndTeller(world.deps);
    const id = await world.insert();
    const record = world.record(id);
    const ends = Array.from({ length: 9_999 }, () => ({ record, outcome: 'applied', sentAtMs: 0 }) as const);
    teller.tell(ends);
    expect([teller.mayTell([record]), teller.mayTell([record, record])]).to.deep.equal([true, false]);
    teller.tellNoted('c', ends.slice(0, 2));
    expect(count('makeNoteDue')).to.equal(1);
  });

  it('a note under which all have failed, is left to the relay, at once', async () => {
    world.script = (job) => (job.record.stage === 1 ? reject : done);
    const ids = await wait(NOTED_FROM, { type: 'quick' });
    await world.worker({ notedFrom: NOTED_FROM });
    await world.clock.advanceUntil('all end', () => ids.every((id) => world.state(id) === 'FAILED'));
    await settled();
    expect([count('makeNoteDue'), await relay(), notes()]).to.deep.equal([1, NOTED_FROM, []]);
  });

  it('ends that are settled, make room for others', async () => {
    const teller = new EndTeller(world.deps);
    const record = world.record(await world.insert());
    const ends = Array.from({ length: 10_000 }, () => ({ record, outcome: 'applied', sentAtMs: 0 }) as const);
    teller.tell(ends.slice(0, 5_000));
    teller.tellNoted('c', ends.slice(5_000));
    expect(teller.mayTell([record])).to.equal(false);
    await world.clock.advance(1_000);
    expect([teller.mayTell([record]), world.asked('mark_event')]).to.deep.equal([true, 5]);
  });
});
