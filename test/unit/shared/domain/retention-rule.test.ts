import { expect } from 'chai';
import { daysOf, mergedRules, type RetentionRule, ruleIdOf, walksOf } from '../../../../shared/domain/retention/retention-rule.ts';

const RULES: readonly RetentionRule[] = [
  { days: { payload: 30, timeline: 60 } },
  { outcome: 'COMPLETED', days: { payload: 7, outputs: 14 } },
  { type: 'report', days: { payload: 20 } },
  { type: 'report', outcome: 'FAILED', days: { job: 365, payload: 90 } },
];

describe('rules of retention', () => {
  it('a job, has of each part what the closest rule says of it: type before outcome, both before all', () => {
    expect(daysOf(RULES, { type: 'mail', state: 'CANCELED' })).to.deep.equal({ payload: 30, timeline: 60 });
    expect(daysOf(RULES, { type: 'mail', state: 'COMPLETED' })).to.deep.equal({ payload: 7, outputs: 14, timeline: 60 });
    expect(daysOf(RULES, { type: 'report', state: 'COMPLETED' })).to.deep.equal({ payload: 20, outputs: 14, timeline: 60 });
    expect(daysOf(RULES, { type: 'report', state: 'FAILED' })).to.deep.equal({ job: 365, payload: 90, timeline: 60 });
    expect(daysOf([], { type: 'report', state: 'FAILED' })).to.deep.equal({});
  });

  it('walks, are one for each part and age, and one as jobs end where their own time is set', () => {
    expect(walksOf(RULES).map(({ what, days }) => `${what}:${days}`)).to.deep.equal([
      'job:0',
      'payload:7',
      'payload:20',
      'payload:30',
      'payload:90',
      'outputs:14',
      'timeline:60',
    ]);
    expect(walksOf([])).to.deep.equal([]);
  });

  it('a rule of the API, takes the place of a configured one for the same jobs, and of no other', () => {
    const merged = mergedRules(RULES, [
      { type: 'report', days: { job: 1 } },
      { outcome: 'EXPIRED', days: { job: 2 } },
    ]);
    expect(merged.map(ruleIdOf)).to.deep.equal([
      'all',
      'outcome=completed',
      'outcome=expired',
      'type=report',
      'type=report,outcome=failed',
    ]);
    expect(merged.find((rule) => ruleIdOf(rule) === 'type=report')?.days).to.deep.equal({ job: 1 });
  });
});
