import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import type { Delivery, PublishOutcome } from '../../shared/ports/message-bus.ts';
import type { RabbitMessageBus } from '../../shared/rabbit/rabbit-message-bus.ts';
import { bell } from '../contract/message-bus.contract.ts';
import { eventually } from '../support/eventually.ts';
import { busOn, newVhostWithTopology, type TestVhost } from '../support/rabbit.ts';
import { proxyTo, type RabbitProxy } from '../support/rabbit-proxy.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Memory in use, in MB. */
function usedMb(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1_048_576;
}

describe('memory of the message bus', function () {
  this.timeout(60_000);
  let vhost: TestVhost;
  let bus: RabbitMessageBus;
  let proxy: RabbitProxy;

  beforeEach(async () => {
    vhost = await newVhostWithTopology();
    proxy = await proxyTo(vhost);
    bus = busOn({ ...vhost, ...proxy.address });
    await bus.start();
  });
  afterEach(async () => {
    proxy.thaw();
    await bus.stop();
    await proxy.close();
    await vhost.drop();
  });

  /** Publishes without waiting, a hundred a turn of the event loop. @returns the outcomes and how many there were of each. */
  async function flood(count: number): Promise<{ tally: Map<PublishOutcome, number>; all: Promise<unknown> }> {
    const tally = new Map<PublishOutcome, number>();
    const calls: Promise<void>[] = [];
    for (let from = 0; from < count; from += 100) {
      const batch = Array.from({ length: 100 }, (_, index) => bell(`job-${from + index}`));
      calls.push(
        bus.publish(batch).then((outcomes) => {
          for (const outcome of outcomes) tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
        }),
      );
      await new Promise(setImmediate);
    }
    return { tally, all: Promise.all(calls) };
  }

  it('200,000 publishes while the broker is away, are refused and none is kept', async () => {
    proxy.refuse(true);
    proxy.cut();
    await eventually('the loss', () => !bus.canPublish());
    const before = usedMb();
    const { tally, all } = await flood(200_000);
    await all;
    expect(Object.fromEntries(tally)).to.deep.equal({ refused: 200_000 });
    expect(usedMb() - before).to.be.below(10);
    expect(bus.stats()).to.include({ inFlight: 0, waiting: 0 });
  });

  it('200,000 publishes to a broker that does not answer, keep what may be in flight and waiting and no more', async () => {
    proxy.freeze({ toBroker: true, fromBroker: true });
    const before = usedMb();
    const { tally, all } = await flood(200_000);
    const { inFlight, waiting } = bus.stats();
    expect(inFlight).to.be.at.most(2_000);
    expect(waiting).to.be.at.most(20_000);
    expect(tally.get('refused')).to.be.at.least(178_000);
    expect(usedMb() - before).to.be.below(60);
    proxy.refuse(true);
    proxy.cut();
    await all;
    expect(usedMb() - before, 'once they are answered').to.be.below(10);
  });

  it('20,000 doorbells before slow handlers, are held no more than prefetch says', async () => {
    const { tally, all } = await flood(20_000);
    await all;
    expect(Object.fromEntries(tally)).to.deep.equal({ confirmed: 20_000 });
    const before = usedMb();
    const held: Delivery[] = [];
    let done = 0;
    let most = 0;
    await bus.consume({
      stages: ['p1'],
      prefetch: { express: 50, standard: 50, bulk: 50, overflow: 50 },
      onDelivery: (delivery) => {
        held.push(delivery);
        most = Math.max(most, held.length);
      },
    });
    await eventually('fifty held', () => held.length === 50);
    // The oldest is never done: all others are acknowledged behind it, one by one.
    while (done < 500) {
      await eventually('some more', () => held.length > 1);
      for (const delivery of held.splice(1)) {
        delivery.ack();
        done += 1;
      }
    }
    expect(most).to.be.at.most(50);
    expect(usedMb() - before).to.be.below(10);
  });
});
