import { expect } from 'chai';
import { type Bell, LANES, type Lane } from '../../shared/domain/job.ts';
import type { Consumer, Delivery, MessageBus, OutgoingBell } from '../../shared/ports/message-bus.ts';
import type { TopologyMode } from '../../shared/rabbit/topology.ts';
import { eventually } from '../support/eventually.ts';

/** A broker with the topology of stages p1 and p2, empty, for one test. */
export interface BusWorld {
  /** A started bus of its own. */
  bus(): Promise<MessageBus>;
  /** Puts a raw message into a queue, as a person would. */
  inject(queue: string, body: string): Promise<void>;
  dispose(): Promise<void>;
}

/** What every MessageBus must do. Run for the fake and for the real adapter, in both topologies. */
export function messageBusContract(name: string, mode: TopologyMode, makeWorld: (mode: TopologyMode) => Promise<BusWorld>): void {
  describe(`${name}, ${mode}: message bus contract`, function () {
    this.timeout(30_000);
    let world: BusWorld;
    let bus: MessageBus;

    beforeEach(async () => {
      world = await makeWorld(mode);
      bus = await world.bus();
    });
    afterEach(() => world.dispose());

    /** Collects what comes; acknowledges it unless told to hold it. */
    async function collect(more: { hold?: boolean; prefetch?: number; stages?: string[]; from?: MessageBus } = {}): Promise<Collector> {
      const got: Delivery[] = [];
      const each = more.prefetch ?? 100;
      const consumer = await (more.from ?? bus).consume({
        stages: more.stages ?? ['p1'],
        prefetch: { express: each, standard: each, bulk: each, overflow: each },
        onDelivery: (delivery) => {
          got.push(delivery);
          if (!more.hold) delivery.ack();
        },
      });
      return { got, consumer };
    }

    it('a published doorbell, consumed, arrives once with what it said', async () => {
      const { got } = await collect();
      const publishedAt = new Date(Date.now() - 12_345);
      expect(await bus.publish([{ ...bell('job-1', { gen: 7, lane: 'express' }), publishedAt }])).to.deep.equal(['confirmed']);
      await eventually('one delivery', () => got.length === 1);
      const { ack, ...rest } = got[0]!;
      expect(rest).to.deep.equal({
        stage: 0,
        bells: [{ id: 'job-1', gen: 7 }],
        redelivered: false,
        lane: 'express',
        queue: bus.queueOf('p1', 'express'),
        typeHint: 'report',
        publishedAt,
      });
      expect(ack).to.be.a('function');
    });

    it('each lane of a stage, is its own queue', async () => {
      const { got } = await collect();
      await bus.publish(LANES.map((lane) => bell(`job-${lane}`, { lane })));
      await eventually('a delivery of each lane', () => got.length === LANES.length);
      expect(new Set(got.map(({ lane, bells }) => `${lane} ${bells[0]!.id}`))).to.deep.equal(
        new Set(LANES.map((lane) => `${lane} job-${lane}`)),
      );
      expect(new Set(got.map(({ queue }) => queue)).size).to.equal(LANES.length);
    });

    it('many doorbells of one lane, arrive in order, the outcomes in the order given', async () => {
      const { got } = await collect();
      const ids = Array.from({ length: 300 }, (_, index) => `job-${index}`);
      const outcomes = await bus.publish(ids.map((id) => bell(id)));
      expect(outcomes).to.deep.equal(ids.map(() => 'confirmed'));
      await eventually('300 deliveries', () => got.length === 300);
      expect(got.map(({ bells }) => bells[0]!.id)).to.deep.equal(ids);
    });

    it('a stage without a queue among others, is returned and the others are confirmed', async () => {
      const outcomes = await bus.publish([bell('a'), bell('b', { stageName: 'p9' }), bell('c')]);
      if (mode === 'per-stage') expect(outcomes).to.deep.equal(['confirmed', 'returned', 'confirmed']);
      else expect(outcomes, 'the single queue carries every stage').to.deep.equal(['confirmed', 'confirmed', 'confirmed']);
    });

    it('a type that cannot be routed, is refused and the others are confirmed', async () => {
      expect(await bus.publish([bell('a'), { ...bell('b'), type: 'no.dots' }, bell('c')])).to.deep.equal([
        'confirmed',
        'refused',
        'confirmed',
      ]);
    });

    it('nothing to publish, gives no outcomes', async () => {
      expect(await bus.publish([])).to.deep.equal([]);
    });

    it('a message of a hundred jobs, arrives as one delivery', async () => {
      const { got } = await collect();
      const bells = Array.from({ length: 100 }, (_, index) => ({ id: `job-${index}`, gen: 1 }));
      await bus.publish([{ ...bell('job-0', { lane: 'bulk' }), bells }]);
      await eventually('one delivery', () => got.length === 1);
      expect(got[0]!.bells).to.deep.equal(bells);
    });

    it('prefetch, bounds what is held of each lane, and an acknowledgement lets the next one in', async () => {
      const { got } = await collect({ hold: true, prefetch: 2 });
      await bus.publish([...['a', 'b', 'c', 'd'].map((id) => bell(id)), bell('x', { lane: 'express' })]);
      await eventually('two of standard and one of express', () => got.length === 3);
      expect(ids(got.filter(({ lane }) => lane === 'standard'))).to.deep.equal(['a', 'b']);
      got.find(({ bells }) => bells[0]!.id === 'b')!.ack();
      await eventually('the next one', () => got.length === 4);
      expect(ids(got)[3]).to.equal('c');
    });

    it('unacknowledged at close, is delivered again and marked so; acknowledged is not', async () => {
      const { got, consumer } = await collect({ hold: true });
      await bus.publish([bell('a'), bell('b'), bell('c')]);
      await eventually('three deliveries', () => got.length === 3);
      got[1]!.ack();
      await consumer.close();
      const second = await collect();
      await eventually('two again', () => second.got.length === 2);
      expect(ids(second.got)).to.deep.equal(['a', 'c']);
      expect(second.got.map(({ redelivered }) => redelivered)).to.deep.equal([true, true]);
    });

    it('an acknowledgement after close, or twice, does nothing', async () => {
      const { got, consumer } = await collect({ hold: true });
      await bus.publish([bell('a'), bell('b')]);
      await eventually('two deliveries', () => got.length === 2);
      got[0]!.ack();
      got[0]!.ack();
      await consumer.close();
      got[1]!.ack();
      const second = await collect();
      await eventually('one again', () => second.got.length === 1);
      expect(ids(second.got)).to.deep.equal(['b']);
    });

    it('cancel, stops deliveries, keeps what is held acknowledgeable', async () => {
      const { got, consumer } = await collect({ hold: true });
      expect(consumer.isHealthy()).to.equal(true);
      await bus.publish([bell('a')]);
      await eventually('one delivery', () => got.length === 1);
      await consumer.cancel();
      expect(consumer.isHealthy()).to.equal(false);
      await bus.publish([bell('b')]);
      got[0]!.ack();
      await consumer.close();
      const second = await collect();
      await eventually('the one that came after', () => second.got.length === 1);
      expect(ids(second.got)).to.deep.equal(['b']);
      expect(ids(got)).to.deep.equal(['a']);
    });

    it('windDown of a consumer under a stream, delivers all that the broker had sent: once it is over, nothing is held unseen', async () => {
      const { got, consumer } = await collect();
      const sent = Array.from({ length: 60 }, (_, index) => `w${index}`);
      const publishing = Promise.all(sent.map((id) => bus.publish([bell(id)])));
      await eventually('some', () => got.length > 0);
      await consumer.windDown();
      await publishing;
      expect(consumer.isHealthy()).to.equal(false);
      // Its channel stays open: what it held unseen would be missing here.
      const second = await collect();
      await eventually('the others', () => got.length + second.got.length === sent.length);
      expect(ids([...got, ...second.got]).toSorted()).to.deep.equal(sent.toSorted());
      await consumer.close();
    });

    it('cancel and close twice, do no harm', async () => {
      const { consumer } = await collect();
      await consumer.cancel();
      await consumer.cancel();
      await consumer.close();
      await consumer.close();
    });

    it('two consumers, share the doorbells', async () => {
      const other = await world.bus();
      const parts = [await collect({ hold: true, prefetch: 5 }), await collect({ hold: true, prefetch: 5, from: other })];
      await bus.publish(Array.from({ length: 10 }, (_, index) => bell(`job-${index}`)));
      await eventually('all ten', () => parts[0]!.got.length + parts[1]!.got.length === 10);
      expect(new Set(parts.flatMap(({ got }) => ids(got))).size).to.equal(10);
    });

    it('two stages consumed by one, arrive with their stage', async () => {
      const { got } = await collect({ stages: ['p1', 'p2'] });
      await bus.publish([bell('a'), bell('b', { stageName: 'p2', stage: 1 })]);
      await eventually('two deliveries', () => got.length === 2);
      expect(new Set(got.map(({ stage, bells }) => `${bells[0]!.id} ${stage}`))).to.deep.equal(new Set(['a 0', 'b 1']));
    });

    it('an unknown stage to consume, is an error', async () => {
      const error = await bus
        .consume({ stages: ['p9'], prefetch: { express: 1, standard: 1, bulk: 1, overflow: 1 }, onDelivery: () => undefined })
        .catch((one: unknown) => one);
      expect(error).to.be.instanceOf(Error).with.property('message').that.includes('p9');
    });

    it('malformed messages, go to the dead-letter queue, and what follows is delivered', async () => {
      const { got } = await collect();
      const queue = bus.queueOf('p1', 'standard');
      for (const body of MALFORMED) await world.inject(queue, body);
      await bus.publish([bell('a')]);
      await eventually('the good one', () => got.length === 1);
      const parked = mode === 'single' ? 'single' : 'p1';
      await eventually('all malformed ones parked', async () => (await bus.deadLetterDepth(parked)) === MALFORMED.length);
      expect(ids(got)).to.deep.equal(['a']);
    });

    it('a doorbell put there by hand, is delivered without type or time', async () => {
      const { got } = await collect();
      await world.inject(bus.queueOf('p1', 'standard'), JSON.stringify({ v: 1, stage: 0, jobs: [{ id: 'by-hand', gen: 3 }] }));
      await eventually('one delivery', () => got.length === 1);
      expect(got[0]).to.not.have.any.keys('typeHint', 'publishedAt');
      expect(got[0]!.bells).to.deep.equal([{ id: 'by-hand', gen: 3 }]);
    });

    it('events that nobody follows, are confirmed', async () => {
      const event = { id: 'e', jobId: 'j', tenant: 't', type: 'report', event: 'completed', at: new Date() };
      expect(await bus.publishEvents([event, event])).to.deep.equal(['confirmed', 'confirmed']);
    });

    // RabbitMQ's figures lag by up to 5 s: one topology is enough.
    if (mode === 'per-stage')
      it('depths, show ready and unacknowledged messages by queue', async () => {
        expect(bus.canPublish()).to.equal(true);
        const { got } = await collect({ hold: true, prefetch: 1 });
        await bus.publish([bell('a'), bell('b'), bell('c')]);
        await eventually('one delivery', () => got.length === 1);
        const queue = bus.queueOf('p1', 'standard');
        await eventually('the depths', async () => (await bus.queueDepths()).get(queue)?.unacked === 1, 12_000);
        expect((await bus.queueDepths()).get(queue)).to.include({ ready: 2, unacked: 1 });
      });

    describe('dead letters', () => {
      it('a dead letter, is in the queue of its stage and nowhere else', async () => {
        const { got } = await collect();
        expect(await bus.publish([dead('a'), bell('alive'), dead('b', 'p2')])).to.deep.equal(['confirmed', 'confirmed', 'confirmed']);
        expect(await depths()).to.deep.equal([1, 1]);
        await eventually('the one alive', () => got.length === 1);
        expect(ids(got)).to.deep.equal(['alive']);
      });

      it('a letter kept in fifty walks, is still there and was met once in each', async () => {
        await bus.publish([dead('a')]);
        for (let walk = 0; walk < 50; walk += 1) {
          const met: Bell[] = [];
          const { met: count } = await bus.walkDeadLetters('p1', 100, async (letter) => {
            met.push(letter.bell);
            await letter.keep();
          });
          expect([count, met]).to.deep.equal([1, [{ id: 'a', gen: 1 }]]);
        }
        expect(await depths()).to.deep.equal([1, 0]);
      });

      it('a walk, keeps some, drops others, keeps the undecided', async () => {
        await bus.publish(['a', 'b', 'c', 'd'].map((id) => dead(id)));
        const met: string[] = [];
        const { met: count } = await bus.walkDeadLetters('p1', 100, async ({ bell: { id }, stage, keep, drop }) => {
          met.push(`${id} ${stage}`);
          if (id === 'a') await keep();
          if (id === 'b' || id === 'd') drop();
        });
        expect([count, met]).to.deep.equal([4, ['a 0', 'b 0', 'c 0', 'd 0']]);
        expect(await lettersLeft()).to.deep.equal(['a', 'c']);
      });

      it('a second copy of a letter, is dropped unseen', async () => {
        await bus.publish([dead('a'), dead('a'), dead('b'), dead('a')]);
        expect(await lettersLeft()).to.deep.equal(['a', 'b']);
        expect(await depths()).to.deep.equal([2, 0]);
      });

      it('second copies and what cannot be read, are told to a walk that asks, which may keep copies', async () => {
        await bus.publish([dead('a'), dead('a'), dead('b')]);
        await world.inject('jobline.p1.dlq', 'rubbish');
        const told: string[] = [];
        const walk = (verdict: 'keep' | 'drop') =>
          bus.walkDeadLetters('p1', 100, async ({ bell: { id } }) => void told.push(id), {
            copy: ({ bell: { id }, stage }) => {
              told.push(`${id} ${stage} again`);
              return verdict;
            },
            unreadable: () => told.push('unreadable'),
          });
        expect(await walk('keep')).to.deep.equal({ met: 4, putBack: 4, isUndisturbed: true });
        expect(told.splice(0)).to.deep.equal(['a', 'a 0 again', 'b', 'unreadable']);
        expect(await depths()).to.deep.equal([4, 0]);
        expect(await walk('drop')).to.deep.equal({ met: 4, putBack: 3, isUndisturbed: true });
        expect(told).to.deep.equal(['a', 'a 0 again', 'b', 'unreadable']);
        expect(await depths()).to.deep.equal([3, 0]);
      });

      it('letters that somebody else takes meanwhile, make a walk say that it was disturbed', async () => {
        await bus.publish(['a', 'b', 'c'].map((id) => dead(id)));
        const met: string[] = [];
        const walked = await bus.walkDeadLetters('p1', 100, async ({ bell: { id } }) => {
          met.push(id);
          if (id === 'a') await bus.walkDeadLetters('p1', 100, async ({ drop }) => drop());
        });
        expect([walked, met]).to.deep.equal([{ met: 1, putBack: 1, isUndisturbed: false }, ['a']]);
        expect(await lettersLeft()).to.deep.equal(['a']);
      });

      it('a limit, leaves the rest for the next walk', async () => {
        await bus.publish(['a', 'b', 'c'].map((id) => dead(id)));
        const met: string[] = [];
        const { met: count } = await bus.walkDeadLetters('p1', 2, async ({ bell: { id }, drop }) => {
          met.push(id);
          drop();
        });
        expect([count, met]).to.deep.equal([2, ['a', 'b']]);
        expect(await lettersLeft()).to.deep.equal(['c']);
      });

      it('what cannot be read, is kept and not shown', async () => {
        await world.inject('jobline.p1.dlq', 'rubbish');
        await bus.publish([dead('a')]);
        expect(await lettersLeft()).to.deep.equal(['a']);
        expect(await lettersLeft()).to.deep.equal(['a']);
        expect(await depths()).to.deep.equal([2, 0]);
      });

      it('a message of several jobs, is shown job by job and kept as single letters', async () => {
        await bus.publish([{ ...dead('a'), bells: ['a', 'b', 'c'].map((id) => ({ id, gen: 1 })) }]);
        await bus.walkDeadLetters('p1', 100, async ({ bell: { id }, keep, drop }) => {
          if (id === 'b') drop();
          else await keep();
        });
        expect(await depths()).to.deep.equal([2, 0]);
        expect(await lettersLeft()).to.deep.equal(['a', 'c']);
      });

      it('a visit that fails, ends the walk and loses nothing', async () => {
        await bus.publish(['a', 'b'].map((id) => dead(id)));
        const error = await bus
          .walkDeadLetters('p1', 100, () => Promise.reject(new Error('the store is away')))
          .catch((one: unknown) => one);
        expect(error).to.be.instanceOf(Error).with.property('message', 'the store is away');
        await eventually('both letters', async () => (await bus.deadLetterDepth('p1')) === 2);
        expect(await lettersLeft()).to.deep.equal(['a', 'b']);
      });

      it('twenty-five visits that fail, more than the delivery limit of 4.x, lose nothing', async () => {
        await bus.publish([dead('a')]);
        for (let walk = 0; walk < 25; walk += 1) {
          await bus.walkDeadLetters('p1', 100, () => Promise.reject(new Error('the store is away'))).catch(() => undefined);
          await eventually('the letter in its place', async () => (await bus.deadLetterDepth('p1')) === 1);
        }
        expect(await lettersLeft()).to.deep.equal(['a']);
      });

      it('an empty queue, has nothing to walk', async () => {
        expect((await bus.walkDeadLetters('p1', 100, () => Promise.reject(new Error('not called')))).met).to.equal(0);
      });

      it('purge, empties the queue of one stage and says how many', async () => {
        await bus.publish([dead('a'), dead('b'), dead('c', 'p2')]);
        expect(await bus.purgeDeadLetters('p1')).to.equal(2);
        expect(await depths()).to.deep.equal([0, 1]);
      });

      async function depths(): Promise<number[]> {
        return [await bus.deadLetterDepth('p1'), await bus.deadLetterDepth('p2')];
      }

      async function lettersLeft(): Promise<string[]> {
        const left: string[] = [];
        await bus.walkDeadLetters('p1', 100, async ({ bell: { id }, keep }) => {
          left.push(id);
          await keep();
        });
        return left;
      }
    });
  });
}

interface Collector {
  readonly got: Delivery[];
  readonly consumer: Consumer;
}

const MALFORMED = [
  'rubbish',
  '[]',
  '{"v":2,"stage":0,"jobs":[{"id":"a","gen":1}]}',
  '{"v":1,"stage":-1,"jobs":[{"id":"a","gen":1}]}',
  '{"v":1,"stage":0,"jobs":[]}',
  '{"v":1,"stage":0,"jobs":[{"id":{"$ne":null},"gen":1}]}',
  '{"v":1,"stage":0,"jobs":[{"id":"a","gen":"1"}]}',
];

/** A doorbell for one job, to stage p1, lane standard, unless told otherwise. */
export function bell(id: string, more: { gen?: number; lane?: Lane; stageName?: string; stage?: number } = {}): OutgoingBell {
  const { gen = 1, lane = 'standard', stageName = 'p1', stage = 0 } = more;
  return { stageName, stage, lane, type: 'report', bells: [{ id, gen }] };
}

export function dead(id: string, stageName = 'p1'): OutgoingBell {
  return {
    ...bell(id, { stageName, stage: stageName === 'p1' ? 0 : 1 }),
    dead: { code: 'handler_failed', message: 'it broke', attempts: 3 },
  };
}

export function ids(deliveries: readonly Delivery[]): string[] {
  return deliveries.map(({ bells }) => bells[0]!.id);
}
