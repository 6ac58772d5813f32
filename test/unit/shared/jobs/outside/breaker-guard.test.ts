import { expect } from 'chai';
import { BreakerGuard } from '../../../../../shared/jobs/outside/breaker-guard.ts';
import { MemoryBreakers } from '../../../../support/memory-breakers.ts';
import { silentLogger } from '../../../../support/silent-logger.ts';
import { VirtualClock } from '../../../../support/virtual-clock.ts';

const settings = { failures: 5, windowMs: 30_000, probeMs: 1_000, probeMaxMs: 60_000 };
const HOST = 'api.example.com';
const LONG_MS = 3_600_000;

describe('guards of several processes', () => {
  let clock: VirtualClock;
  let breakers: MemoryBreakers;
  let guards: readonly BreakerGuard[];
  beforeEach(() => {
    clock = new VirtualClock();
    breakers = new MemoryBreakers({ clock });
    const deps = { breakers, clock, logger: silentLogger(), settings, probeLeaseMs: 5_000 };
    guards = [new BreakerGuard(deps), new BreakerGuard(deps), new BreakerGuard(deps)];
  });

  const failAll = async (times: number) => {
    const failures = guards.flatMap((guard) =>
      Array.from({ length: times }, () => guard.failed(HOST, { jobs: 1, reason: 'It answered 500.' })),
    );
    return (await Promise.all(failures)).reduce((sum, { charged }) => sum + charged, 0);
  };
  const look = async () => {
    const { now, breakers: all } = await breakers.list();
    for (const guard of guards) guard.learn(now, all);
  };

  it('that see sixty failures at once: charge five jobs in all, and one of them counts one trip', async () => {
    expect(await failAll(20)).to.equal(5);
    expect((await breakers.read(HOST)).breaker).to.include({ state: 'open', trips: 1 });
    expect(guards.reduce((sum, { trips }) => sum + (trips.get(HOST) ?? 0), 0)).to.equal(1);
  });

  it('that have seen a thousand successes before: open by as many failures as the threshold all the same', async () => {
    const sent = await guards[0]!.admit(HOST);
    if (sent.kind === 'go') await guards[0]!.succeeded(HOST, 1_000, sent);
    expect(await failAll(20)).to.equal(5);
  });

  it('of a host that fails a third of what is asked: stay closed, and each failure is an attempt', async () => {
    let charged = 0;
    for (let index = 0; index < 30; index += 1) {
      await clock.advance(10);
      const sent = await guards[0]!.admit(HOST);
      if (sent.kind !== 'go') throw new Error('It is held back.');
      if (index % 3 === 0) charged += (await guards[0]!.failed(HOST, { jobs: 1, reason: 'It answered 500.' })).charged;
      else await guards[0]!.succeeded(HOST, 1, sent);
    }
    expect(charged).to.equal(10);
    expect((await breakers.read(HOST)).breaker).to.include({ state: 'closed', failures: 10, successes: 18 });
  });

  it('of an open breaker: hold all back for long, but two of each process come for the probe', async () => {
    await failAll(2);
    await look();
    const waits = await Promise.all(guards.flatMap((guard) => Array.from({ length: 10 }, () => guard.admit(HOST))));
    const afters = waits.map((one) => (one.kind === 'held' ? one.afterMs : -1)).sort((a, b) => a - b);
    // Failures that were held back after the trip count as well.
    expect(afters.filter((ms) => ms <= 1_500).length).to.be.within(1, 6);
    expect(afters.at(-1)).to.equal(LONG_MS);
    expect(afters).not.to.include(-1);
  });

  it('when the probe is due: one job of all processes may go; answered, all may', async () => {
    await failAll(2);
    await look();
    await clock.advance(1_001);
    const admitted = await Promise.all(guards.flatMap((guard) => [guard.admit(HOST), guard.admit(HOST)]));
    const going = admitted.flatMap((one, index) => (one.kind === 'go' ? [{ admission: one, guard: guards[Math.floor(index / 2)]! }] : []));
    expect(going).to.have.length(1);
    await going[0]!.guard.succeeded(HOST, 1, going[0]!.admission);
    await look();
    for (const guard of guards)
      expect(await guard.admit(HOST))
        .to.include({ kind: 'go' })
        .and.not.have.property('probe');
  });

  it('whose probe fails: charge nothing and hold back again', async () => {
    await failAll(2);
    await look();
    await clock.advance(1_001);
    const admission = await guards[0]!.admit(HOST);
    const probe = admission.kind === 'go' ? admission.probe! : '';
    expect(await guards[0]!.failed(HOST, { jobs: 1, reason: 'It answered 500.', probe })).to.include({ charged: 0 });
    expect((await breakers.read(HOST)).breaker).to.include({ state: 'open', failedProbes: 1, trips: 1 });
    expect((await guards[0]!.admit(HOST)).kind).to.equal('held');
  });
});
