import { expect } from 'chai';
import { systemClock } from '../../../../shared/runtime/system-clock.ts';

describe('systemClock', () => {
  it('sleep with a signal that aborts: resolves at once and leaves no listener', async () => {
    const aborter = new AbortController();
    const startedAtMs = systemClock.monotonicMs();
    const slept = systemClock.sleep(60_000, aborter.signal);
    aborter.abort();
    await slept;
    await systemClock.sleep(60_000, aborter.signal);
    expect(systemClock.monotonicMs() - startedAtMs).to.be.below(5_000);
  });

  it('sleep: lasts as long as asked', async () => {
    const startedAtMs = systemClock.monotonicMs();
    await systemClock.sleep(30);
    expect(systemClock.monotonicMs() - startedAtMs).to.be.at.least(29);
  });

  it('uuid: version 7, each later one greater', () => {
    const ids = Array.from({ length: 1_000 }, () => systemClock.uuid());
    expect(ids[0]).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ids).to.deep.equal([...new Set(ids)].sort());
  });

  it('random: within [0, 1)', () => {
    for (let round = 0; round < 100; round += 1) expect(systemClock.random()).to.be.within(0, 0.999_999_999_999_999_9);
  });
});
