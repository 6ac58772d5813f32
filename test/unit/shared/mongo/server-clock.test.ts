import { expect } from 'chai';
import type { Db } from 'mongodb';
import { ServerClock } from '../../../../shared/mongo/server-clock.ts';
import type { Clock } from '../../../../shared/ports/clock.ts';

/** A server whose clock is `ahead` ms ahead of ours, and answers in the ways it is told: ms until it reads its clock, and from then on. */
class Server {
  nowMs = 1_000_000;
  aheadMs = 5_000;
  asked = 0;
  ways: [thereMs: number, backMs: number] = [1, 1];

  readonly clock = { monotonicMs: () => this.nowMs } as Clock;
  readonly db = {
    command: async () => {
      this.asked += 1;
      this.nowMs += this.ways[0];
      const localTime = new Date(Math.floor(this.nowMs + this.aheadMs));
      this.nowMs += this.ways[1];
      return { localTime };
    },
  } as unknown as Db;

  get trueMs(): number {
    return this.nowMs + this.aheadMs;
  }
}

describe('ServerClock', () => {
  let server: Server;
  let clock: ServerClock;
  beforeEach(() => {
    server = new Server();
    clock = new ServerClock(server.db, server.clock);
  });
  const errorMs = async () => (await clock.estimate()).getTime() - server.trueMs;

  it('an estimate: is behind by the way there and back at most, never ahead, and asks once', async () => {
    for (const ways of [
      [0, 100],
      [100, 0],
      [50, 50],
    ] as const) {
      server = new Server();
      server.ways = [...ways];
      clock = new ServerClock(server.db, server.clock);
      expect(await errorMs()).to.be.within(-101, 0);
      server.nowMs += 30_000;
      expect(await errorMs()).to.be.within(-101, 0);
      expect(server.asked).to.equal(1);
    }
  });

  it('the latest: is never before the clock, and at most a way there and back after it', async () => {
    for (const [there, back] of [
      [0, 100],
      [100, 0],
      [50.5, 50.2],
    ] as const) {
      server = new Server();
      server.ways = [there, back];
      clock = new ServerClock(server.db, server.clock);
      const latest = (await clock.latest()).getTime();
      expect(latest - server.trueMs).to.be.within(0, there + back + 2);
    }
  });

  it('a quicker answer: makes the estimate better; a slower one does not make it worse', async () => {
    server.ways = [0, 200];
    expect(await errorMs()).to.be.below(-190);
    server.ways = [1, 1];
    await clock.ask();
    expect(await errorMs()).to.be.within(-3, 0);
    server.ways = [0, 200];
    await clock.ask();
    expect(await errorMs()).to.be.within(-3, 0);
  });

  it('a server whose clock has moved: is believed with its next answer', async () => {
    expect(await errorMs()).to.be.within(-3, 0);
    for (const aheadMs of [60_000, -60_000]) {
      server.aheadMs = aheadMs;
      server.ways = [5, 5];
      await clock.ask();
      expect(await errorMs()).to.be.within(-11, 0);
    }
  });

  it('after a minute: asks again, beside the estimate', async () => {
    await clock.estimate();
    server.nowMs += 60_001;
    server.aheadMs += 7;
    await clock.estimate();
    await Promise.resolve();
    expect(server.asked).to.equal(2);
    await new Promise(setImmediate);
    expect(await errorMs()).to.be.within(-3, 0);
  });
});
