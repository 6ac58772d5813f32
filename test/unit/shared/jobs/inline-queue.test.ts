import { expect } from 'chai';
import { BellTicket } from '../../../../shared/jobs/bell-ticket.ts';
import { InlineQueue } from '../../../../shared/jobs/inline-queue.ts';
import { settled, VirtualClock } from '../../../support/virtual-clock.ts';

describe('InlineQueue', () => {
  let clock: VirtualClock;
  let queue: InlineQueue;
  let flights: { size: number; end(): void }[];
  beforeEach(() => {
    clock = new VirtualClock();
    flights = [];
    const run = (batch: readonly BellTicket[]) => new Promise<void>((end) => void flights.push({ size: batch.length, end }));
    queue = new InlineQueue({ clock, closed: new AbortController().signal, run });
  });

  function add(count: number): void {
    const bells = Array.from({ length: count }, (_, index) => ({ id: `${index}`, gen: 1 }));
    const delivery = { stage: 0, bells, redelivered: false, lane: 'bulk', queue: 'q', ack: () => {} } as const;
    for (const ticket of BellTicket.of(delivery, 0)) queue.push(ticket);
    queue.pump();
  }
  const sizes = () => flights.map(({ size }) => size);

  it('a lone bell, leaves at once: no timer is on its path', () => {
    add(1);
    expect(sizes()).to.deep.equal([1]);
  });

  it('bells behind a batch, gather and leave together when it ends', async () => {
    add(1);
    add(1);
    add(1);
    expect([sizes(), queue.size]).to.deep.equal([[1], 2]);
    flights[0]!.end();
    await settled();
    expect(sizes()).to.deep.equal([1, 2]);
  });

  it('bells behind a batch that takes long, leave after 30 ms; a third batch waits', async () => {
    add(1);
    add(2);
    await clock.advance(29);
    expect(sizes()).to.deep.equal([1]);
    add(1);
    await clock.advance(1);
    expect(sizes()).to.deep.equal([1, 3]);
    add(1);
    await clock.advance(60_000);
    expect([sizes(), queue.size]).to.deep.equal([[1, 3], 1]);
    flights[1]!.end();
    await clock.advance(30);
    expect(sizes()).to.deep.equal([1, 3, 1]);
  });

  it('a full batch, does not wait for the one before', () => {
    add(1);
    add(1_200);
    expect([sizes(), queue.size]).to.deep.equal([[1, 500], 700]);
  });

  it('closed, starts nothing more, and gives out what waits', async () => {
    add(1);
    add(2);
    queue.close();
    await clock.advance(100);
    flights[0]!.end();
    await settled();
    expect([sizes(), queue.takeAll().length, queue.size]).to.deep.equal([[1], 2, 0]);
  });
});
