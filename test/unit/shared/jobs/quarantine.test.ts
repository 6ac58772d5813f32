import { expect } from 'chai';
import { Quarantine } from '../../../../shared/jobs/quarantine.ts';

describe('Quarantine', () => {
  it('has room for one job at a time', () => {
    const quarantine = new Quarantine();
    const leave = quarantine.enter(0)!;
    expect(quarantine.enter(1)).to.equal(undefined);
    leave(2);
    expect(quarantine.enter(3)).to.be.a('function');
  });

  it('hands back for as long as the job inside has run, from 1 s to 60 s', () => {
    const quarantine = new Quarantine();
    quarantine.enter(0);
    expect(quarantine.waitMs(0)).to.equal(1_000);
    expect(quarantine.waitMs(20_000)).to.be.within(20_000, 22_000);
    expect(quarantine.waitMs(3_600_000)).to.equal(60_000);
  });

  it('a hundred jobs of a dead worker: come back one after the other, not all at once for each turn', () => {
    const quarantine = new Quarantine();
    const TURN_MS = 500;
    let tries = 0;
    const waiting = Array.from({ length: 100 }, () => 0);
    let done = 0;
    let leave: ((leftMs: number) => void) | undefined;
    let leftMs = 0;
    for (let nowMs = 0; done < waiting.length && nowMs < 3_600_000; nowMs += 10) {
      if (leave && nowMs >= leftMs) {
        leave(nowMs);
        leave = undefined;
        done += 1;
      }
      for (const [index, atMs] of waiting.entries()) {
        if (nowMs < atMs) continue;
        tries += 1;
        const entered = quarantine.enter(nowMs);
        waiting[index] = entered ? Number.POSITIVE_INFINITY : nowMs + quarantine.waitMs(nowMs);
        if (!entered) continue;
        leave = entered;
        leftMs = nowMs + TURN_MS;
      }
    }
    expect(done).to.equal(100);
    expect(tries).to.be.below(400);
  });
});
