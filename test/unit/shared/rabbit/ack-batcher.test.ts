import { expect } from 'chai';
import fc from 'fast-check';
import type { Clock } from '../../../../shared/ports/clock.ts';
import { AckBatcher } from '../../../../shared/rabbit/ack-batcher.ts';
import { newBusCounters } from '../../../../shared/rabbit/bus-stats.ts';
import { systemClock } from '../../../../shared/runtime/system-clock.ts';
import { eventually } from '../../../support/eventually.ts';

/** The broker's side of a channel: what is delivered and unacknowledged, and RabbitMQ's rule for unknown tags. */
class ChannelModel {
  readonly frames: string[] = [];
  readonly unacked: Set<number>;
  isClosed = false;

  constructor(delivered: number) {
    this.unacked = new Set(Array.from({ length: delivered }, (_, index) => index + 1));
  }

  readonly ack = (tag: number, isMultiple: boolean): void => {
    if (this.isClosed) throw new Error('IllegalOperationError');
    if (!this.unacked.has(tag)) throw new Error(`406 unknown delivery tag ${tag}`);
    this.frames.push(isMultiple ? `..${tag}` : `${tag}`);
    for (const one of [...this.unacked]) if (one === tag || (isMultiple && one < tag)) this.unacked.delete(one);
  };
}

describe('AckBatcher', () => {
  function setUp(delivered: number, clock: Clock = systemClock) {
    const channel = new ChannelModel(delivered);
    const counters = newBusCounters();
    return { channel, counters, acks: new AckBatcher(channel.ack, { clock, counters }) };
  }

  it('a lone delivery, is acknowledged at the end of the turn', async () => {
    const { channel, acks } = setUp(1);
    acks.settle(1);
    expect(channel.frames).to.deep.equal([]);
    await new Promise(setImmediate);
    expect(channel.frames).to.deep.equal(['1']);
  });

  it('settled in any order without a gap, is one frame up to the highest', () => {
    const { channel, counters, acks } = setUp(5);
    for (const tag of [3, 1, 2, 5, 4]) acks.settle(tag);
    acks.flush();
    expect(channel.frames).to.deep.equal(['..5']);
    expect(counters).to.include({ acked: 5, ackFrames: 1 });
  });

  it('a gap, is never acknowledged past', () => {
    const { channel, acks } = setUp(5);
    for (const tag of [1, 2, 4, 5]) acks.settle(tag);
    acks.flush();
    expect(channel.frames).to.deep.equal(['..2']);
    expect([...channel.unacked]).to.deep.equal([3, 4, 5]);
  });

  it('a head unsettled for 50 ms, no longer holds up the rest', async () => {
    const { channel, acks } = setUp(5);
    for (const tag of [2, 3]) acks.settle(tag);
    acks.flush();
    expect(channel.frames).to.deep.equal([]);
    await eventually('single acknowledgements', () => channel.frames.length === 2, 1_000);
    expect(channel.frames).to.deep.equal(['2', '3']);
    acks.settle(4);
    acks.flush();
    expect(channel.frames, 'at once behind the same head').to.deep.equal(['2', '3', '4']);
    acks.settle(1);
    acks.settle(5);
    acks.flush();
    expect(channel.frames, 'multiple only by a tag that is still open').to.deep.equal(['2', '3', '4', '..5']);
    expect(channel.unacked.size).to.equal(0);
  });

  it('the head alone after those behind it, is acknowledged singly', async () => {
    const { channel, acks } = setUp(3);
    for (const tag of [2, 3]) acks.settle(tag);
    acks.flushAll();
    acks.settle(1);
    acks.flush();
    expect(channel.frames).to.deep.equal(['2', '3', '1']);
    acks.close();
  });

  it('settled twice, counts once', () => {
    const { channel, counters, acks } = setUp(3);
    for (const tag of [1, 1, 2]) acks.settle(tag);
    acks.flush();
    for (const tag of [1, 2]) acks.settle(tag);
    acks.flush();
    expect(channel.frames).to.deep.equal(['..2']);
    expect(counters.acked).to.equal(2);
  });

  it('after the channel has closed, does nothing and counts it', () => {
    const { channel, counters, acks } = setUp(3);
    acks.settle(1);
    acks.close();
    acks.settle(2);
    acks.flush();
    expect(channel.frames).to.deep.equal([]);
    expect(counters).to.include({ acked: 0, lateAcks: 2 });
  });

  it('a channel that closes under it, is counted and no error', () => {
    const { channel, counters, acks } = setUp(3);
    channel.isClosed = true;
    acks.settle(1);
    acks.flush();
    expect(counters).to.include({ acked: 0, lateAcks: 1 });
  });

  it('a close soon after many frames, is to wait for as long as they need', () => {
    let now = 1_000;
    const { acks } = setUp(1_000, { ...systemClock, monotonicMs: () => now });
    for (let tag = 2; tag <= 17; tag += 1) acks.settle(tag);
    acks.flushAll();
    expect(acks.settlingMs, '16 frames are through at once').to.equal(0);
    for (let tag = 18; tag <= 101; tag += 1) acks.settle(tag);
    acks.flushAll();
    expect(acks.settlingMs).to.equal(150 + 100 * 5);
    now += 400;
    expect(acks.settlingMs).to.equal(250);
    now += 250;
    expect(acks.settlingMs).to.equal(0);
    for (let tag = 102; tag <= 1_000; tag += 1) acks.settle(tag);
    acks.flushAll();
    expect(acks.settlingMs).to.equal(2_000);
    acks.close();
  });

  it('any order of settling and flushing, acknowledges exactly what is settled and never a tag twice', () => {
    const step = fc.oneof(
      fc.nat(29).map((index) => index + 1),
      fc.constantFrom('flush', 'later') as fc.Arbitrary<'flush' | 'later'>,
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        let now = 0;
        const { channel, counters, acks } = setUp(30, { ...systemClock, monotonicMs: () => now });
        const settled = new Set<number>();
        for (const one of steps) {
          if (one === 'later') now += 60;
          else if (one !== 'flush') {
            settled.add(one);
            acks.settle(one);
          } else acks.flush();
          for (let tag = 1; tag <= 30; tag += 1)
            if (!settled.has(tag)) expect(channel.unacked.has(tag), `tag ${tag} is still open`).to.equal(true);
        }
        acks.flushAll();
        expect(30 - channel.unacked.size).to.equal(settled.size);
        expect(counters).to.include({ acked: settled.size, lateAcks: 0 });
        acks.close();
      }),
      { numRuns: 500 },
    );
  });
});
