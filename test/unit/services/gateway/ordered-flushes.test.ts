import { expect } from 'chai';
import { OrderedFlushes } from '../../../../services/gateway/batch/ordered-flushes.ts';

/** Flushes that end when the test says so. */
class Flights {
  readonly begun: { readonly items: readonly number[]; readonly end: (error?: Error) => void }[] = [];
  readonly delivered: (readonly number[])[] = [];
  deliver = async (items: readonly number[]): Promise<void> => void this.delivered.push(items);
  readonly flushes = new OrderedFlushes<number, readonly number[]>({
    maxItems: 3,
    maxBytes: 100,
    maxFlights: 2,
    flush: (items) =>
      new Promise((resolve, reject) => this.begun.push({ items, end: (error) => (error ? reject(error) : resolve(items)) })),
    deliver: (items) => this.deliver(items),
  });

  get items(): readonly (readonly number[])[] {
    return this.begun.map(({ items }) => items);
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Whether a promise has resolved by now. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(
    () => (done = true),
    () => undefined,
  );
  await settled();
  return done;
}

describe('OrderedFlushes', () => {
  let flights: Flights;
  beforeEach(() => {
    flights = new Flights();
  });

  it('items of one tick, share a flush; a lone one leaves at once; others gather while two are under way', async () => {
    const { flushes } = flights;
    flushes.add(1, 1);
    flushes.add(2, 1);
    await settled();
    flushes.add(3, 1);
    await settled();
    flushes.add(4, 1);
    await settled();
    flushes.add(5, 1);
    await settled();
    expect(flights.items).to.deep.equal([[1, 2], [3]]);
    flights.begun[0]!.end();
    await settled();
    expect(flights.items).to.deep.equal([[1, 2], [3], [4, 5]]);
  });

  it('results, are delivered in the order of the items, whichever flush ends first', async () => {
    const { flushes } = flights;
    for (const item of [1, 2, 3, 4, 5, 6]) flushes.add(item, 1);
    await settled();
    flights.begun[1]!.end();
    await settled();
    expect(flights.delivered).to.deep.equal([]);
    flights.begun[0]!.end();
    await flushes.end();
    expect(flights.delivered).to.deep.equal([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('a full flush behind two under way, makes the caller wait for room', async () => {
    const { flushes } = flights;
    for (let item = 0; item < 9; item += 1) flushes.add(item, 1);
    expect(flushes.isFull).to.equal(true);
    const room = flushes.room();
    expect(await isDone(room)).to.equal(false);
    flights.begun[0]!.end();
    expect(await isDone(room)).to.equal(true);
    expect(flushes.isFull).to.equal(false);
  });

  it('large items, fill a flush before their number does', async () => {
    const { flushes } = flights;
    for (const item of [1, 2, 3]) flushes.add(item, 100);
    expect(flights.items).to.deep.equal([[1], [2]]);
    expect(flushes.isFull).to.equal(true);
  });

  it('a delivery that takes long, holds up the flushes behind it', async () => {
    const { flushes } = flights;
    let read = (): void => undefined;
    flights.deliver = () => new Promise((resolve) => (read = resolve));
    for (let item = 0; item < 9; item += 1) flushes.add(item, 1);
    for (const { end } of flights.begun.slice()) end();
    await settled();
    expect(flights.begun).to.have.length(2);
    read();
    await settled();
    expect(flights.begun).to.have.length(3);
  });

  it('a flush that fails, ends it all: what waits is dropped, nothing more is delivered, and everybody is told', async () => {
    const { flushes } = flights;
    for (let item = 0; item < 8; item += 1) flushes.add(item, 1);
    const end = flushes.end().catch((error: unknown) => error);
    const broken = new Error('broken');
    flights.begun[0]!.end(broken);
    await settled();
    flights.begun[1]!.end();
    expect(await end).to.equal(broken);
    flushes.add(9, 1);
    await settled();
    expect([flights.begun.length, flights.delivered, flushes.signal.reason]).to.deep.equal([2, [], broken]);
  });

  it('without items, ends at once', async () => {
    await flights.flushes.end();
    expect(flights.begun).to.deep.equal([]);
  });
});
