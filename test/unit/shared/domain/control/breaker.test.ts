import { expect } from 'chai';
import {
  type Breaker,
  type BreakerFailure,
  noteFailure,
  probeAnswered,
  probeGivenBack,
  setByHand,
  standOf,
  takeProbe,
} from '../../../../../shared/domain/control/breaker.ts';

const settings = { failures: 5, windowMs: 30_000, probeMs: 1_000, probeMaxMs: 3_000 };
const START_MS = Date.parse('2026-01-15T12:00:00.000Z');
const at = (ms: number): Date => new Date(START_MS + ms);

describe('a breaker', () => {
  const fail = (breaker: Breaker | undefined, ms: number, more: Partial<BreakerFailure> = {}) =>
    noteFailure(breaker, 'host', { jobs: 1, successes: 0, reason: 'It answered 503.', ...more }, { settings, now: at(ms) });
  const failTimes = (times: number, breaker?: Breaker) => {
    let [last, charged] = [breaker, 0];
    for (let index = 0; index < times; index += 1) {
      const noted = fail(last, index);
      last = noted.breaker;
      charged += noted.charged;
    }
    return { breaker: last!, charged };
  };
  const tripped = () => failTimes(5).breaker;

  it('of which nothing is known, or with a failure less than the threshold: lets pass', () => {
    expect(standOf(undefined, at(0))).to.deep.equal({ kind: 'pass' });
    expect(standOf(failTimes(4).breaker, at(10))).to.deep.equal({ kind: 'pass' });
  });

  it('with as many failures as the threshold: opens, and of a hundred failures only those are attempts', () => {
    const { breaker, charged } = failTimes(100);
    expect(breaker).to.include({ state: 'open', trips: 1, version: 5, reason: 'It answered 503.' });
    expect(charged).to.equal(5);
    expect(breaker.history.map(({ to }) => to)).to.deep.equal(['open']);
  });

  it('whose one request fails eight jobs: charges five of them', () => {
    expect(fail(undefined, 0, { jobs: 8 }))
      .to.deep.include({ charged: 5 })
      .and.to.have.nested.property('breaker.state', 'open');
  });

  it('with failures that are older than the window, or half as many as successes: stays closed', () => {
    const old = failTimes(4).breaker;
    expect(fail(old, 31_000).breaker).to.include({ state: 'closed', failures: 1 });
    const busy = fail(old, 100, { successes: 6 });
    expect(busy.breaker).to.include({ state: 'closed', failures: 5, successes: 6 });
    expect(busy.charged).to.equal(1);
  });

  it('that is open: holds until its probe is due, which one may take', () => {
    const open = tripped();
    expect(standOf(open, at(500))).to.deep.equal({ kind: 'hold', until: at(1_004) });
    expect(standOf(open, at(1_004))).to.deep.equal({ kind: 'probe' });
    expect(takeProbe(open, 'a', 5_000, at(500)), 'too early').to.equal(undefined);
    const half = takeProbe(open, 'a', 5_000, at(1_004))!;
    expect(standOf(half, at(1_005))).to.deep.equal({ kind: 'hold', until: at(6_004) });
    expect(takeProbe(half, 'b', 5_000, at(1_005))).to.equal(undefined);
    expect(takeProbe(half, 'b', 5_000, at(6_004)), 'the prober died').to.have.nested.property('probe.token', 'b');
  });

  it('whose probes fail: waits twice as long after each up to the longest wait, and charges none', () => {
    let breaker = tripped();
    let nowMs = 4;
    const waits: number[] = [];
    for (let index = 0; index < 4; index += 1) {
      const { until } = standOf(breaker, at(nowMs)) as { until: Date };
      waits.push(until.getTime() - START_MS - nowMs);
      nowMs = until.getTime() - START_MS;
      const noted = fail(takeProbe(breaker, 'a', 5_000, until)!, nowMs, { probe: 'a' });
      expect(noted.charged).to.equal(0);
      breaker = noted.breaker;
    }
    expect(waits).to.deep.equal([1_000, 2_000, 3_000, 3_000]);
    expect(breaker).to.include({ failedProbes: 4, trips: 1 });
  });

  it('that a dependency asks to wait with Retry-After: probes no sooner', () => {
    expect(standOf(fail(failTimes(4).breaker, 10, { retryAfterMs: 60_000 }).breaker, at(20))).to.deep.equal({
      kind: 'hold',
      until: at(60_010),
    });
  });

  it('whose probe is answered: closes; by a token of another, or given back: it does not', () => {
    const half = takeProbe(tripped(), 'a', 5_000, at(2_000))!;
    expect(probeAnswered(half, 'b', at(2_100))).to.equal(undefined);
    expect(standOf(probeGivenBack(half, 'a', at(2_100))!, at(2_100))).to.deep.equal({ kind: 'probe' });
    const closed = probeAnswered(half, 'a', at(2_100))!;
    expect(closed).to.include({ state: 'closed', failures: 0, failedProbes: 0 });
    expect(closed.history.map(({ to }) => to)).to.deep.equal(['open', 'closed']);
    expect(fail(closed, 2_200).breaker.state).to.equal('closed');
  });

  it('opened by hand: holds until then and is probed, or until it is closed', () => {
    const hand = { now: at(0), by: 'ops', reason: 'maintenance' };
    const open = setByHand(undefined, 'host', 'open', { ...hand, until: at(60_000) });
    expect(open).to.include({ state: 'open', by: 'ops', trips: 0 });
    expect(standOf(open, at(59_999))).to.deep.equal({ kind: 'hold', until: at(60_000) });
    expect(standOf(open, at(60_000))).to.deep.equal({ kind: 'probe' });
    expect(fail(open, 10).charged).to.equal(0);
    expect(standOf(setByHand(undefined, 'host', 'open', hand), at(1e9))).to.deep.equal({ kind: 'hold' });
  });

  it('closed by hand until then: stays closed whatever fails, and opens by failures afterwards', () => {
    const closed = setByHand(tripped(), 'host', 'closed', { now: at(100), by: 'ops', reason: 'it is well', until: at(60_000) });
    let breaker = closed;
    for (let index = 0; index < 20; index += 1) {
      const noted = fail(breaker, 200 + index);
      expect(noted.charged).to.equal(1);
      breaker = noted.breaker;
    }
    expect(breaker.state).to.equal('closed');
    for (let index = 0; index < 5; index += 1) breaker = fail(breaker, 60_001 + index).breaker;
    expect(breaker.state).to.equal('open');
  });

  it('that changes a hundred times: keeps the last fifty', () => {
    let breaker: Breaker | undefined;
    for (let index = 0; index < 100; index += 1) {
      breaker = setByHand(breaker, 'host', index % 2 === 0 ? 'open' : 'closed', { now: at(index), by: 'ops', reason: `${index}` });
    }
    expect(breaker!.history.map(({ reason }) => Number(reason))).to.deep.equal(Array.from({ length: 50 }, (_, index) => 50 + index));
  });
});
