import { expect } from 'chai';
import {
  isActive,
  isOver,
  type Pause,
  type PauseSelector,
  pauseIdOf,
  pauseOf,
  postponedMs,
  stagePauseOf,
} from '../../../../../shared/domain/control/pause.ts';

const NOW = new Date('2026-03-01T12:00:00Z');
const inS = (seconds: number) => new Date(NOW.getTime() + seconds * 1_000);
const PLACE = { stage: 'p1', type: 'report', tenant: 'acme' };

function pause(selector: PauseSelector = {}, more: Partial<Pause> = {}): Pause {
  return { id: pauseIdOf(selector), selector, reason: 'r', by: 'b', createdAt: inS(-60), token: 't', ...more };
}

describe('pauses', () => {
  it('the id of a selector, names what it names, and is one for the same jobs', () => {
    expect(pauseIdOf({})).to.equal('all');
    expect(pauseIdOf({ tenant: 'acme', stage: 'p1' })).to.equal('stage=p1,tenant=acme');
    expect(pauseIdOf({ stage: 'p1', type: 'report', tenant: 'acme' })).to.equal('stage=p1,type=report,tenant=acme');
  });

  const times: readonly [string, Partial<Pause>, boolean, boolean][] = [
    ['without times', {}, true, false],
    ['that begins later', { from: inS(1) }, false, false],
    ['that begins now', { from: inS(0) }, true, false],
    ['that ends later', { until: inS(1) }, true, false],
    ['that ends now', { until: inS(0) }, false, true],
    ['that was ended by hand', { endedAt: inS(-1), until: inS(100) }, false, true],
  ];
  for (const [what, more, active, over] of times) {
    it(`a pause ${what}: ${active ? 'holds' : 'does not hold'}, is ${over ? '' : 'not '}over`, () => {
      expect([isActive(pause({}, more), NOW), isOver(pause({}, more), NOW)]).to.deep.equal([active, over]);
    });
  }

  it('a job, is held back by a pause that fits all it names, and by no other', () => {
    for (const selector of [{}, { stage: 'p1' }, { type: 'report' }, { tenant: 'acme' }, PLACE])
      expect(pauseOf([pause(selector)], PLACE, NOW), JSON.stringify(selector)).to.not.equal(undefined);
    for (const selector of [{ stage: 'p2' }, { type: 'image' }, { tenant: 'x' }, { ...PLACE, stage: 'p2' }])
      expect(pauseOf([pause(selector)], PLACE, NOW), JSON.stringify(selector)).to.equal(undefined);
  });

  it('of several pauses, the one that ends last counts', () => {
    const short = pause({ stage: 'p1' }, { until: inS(5) });
    const long = pause({ type: 'report' }, { until: inS(50) });
    const endless = pause({ tenant: 'acme' });
    expect(pauseOf([short, long], PLACE, NOW)).to.equal(long);
    expect(pauseOf([endless, long, short], PLACE, NOW)).to.equal(endless);
  });

  it('a whole stage, is paused by its own pause or that of everything; not by one of some of its jobs', () => {
    expect(stagePauseOf([pause({ stage: 'p1' })], 'p1', NOW)).to.not.equal(undefined);
    expect(stagePauseOf([pause()], 'p1', NOW)).to.not.equal(undefined);
    for (const selector of [{ stage: 'p2' }, { stage: 'p1', type: 'report' }, { stage: 'p1', tenant: 'acme' }, { type: 'report' }])
      expect(stagePauseOf([pause(selector)], 'p1', NOW)).to.equal(undefined);
  });

  it('a job that is held back, is owed again when the pause ends, and after an hour where it has no end', () => {
    expect(postponedMs(pause({}, { until: inS(90) }), NOW)).to.equal(90_000);
    expect(postponedMs(pause({}, { until: new Date(NOW.getTime() + 10) }), NOW)).to.equal(1_000);
    expect(postponedMs(pause(), NOW)).to.equal(3_600_000);
  });
});
