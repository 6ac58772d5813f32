import { expect } from 'chai';
import { type Change, HistoryObserver } from '../../oracles/history-observer.ts';
import { HISTORY_RULES } from '../../oracles/history-rules.ts';
import { type Rule, stateTurns } from '../../oracles/rule.ts';
import { BREAKS } from './illegal-changes.ts';
import { LEGAL } from './legal-changes.ts';

const namesOf = (rules: readonly Rule[]): readonly string[] => rules.filter((one) => one !== stateTurns).map(({ name }) => name);

function rulesBroken(...changes: readonly Change[]): readonly string[] {
  const observer = new HistoryObserver();
  for (const change of changes) observer.note(change);
  return observer.violations.map(({ rule }) => rule);
}

describe('history rules', () => {
  for (const [kind, rules] of Object.entries(HISTORY_RULES)) {
    const legal = LEGAL[kind as keyof typeof LEGAL];

    it(`${kind}, made by hand from the page, is legal`, () => {
      const observer = new HistoryObserver();
      observer.note(legal);
      expect(observer.violations).to.deep.equal([]);
      expect(observer.count(kind as keyof typeof LEGAL)).to.equal(1);
    });

    for (const name of [...namesOf(rules), 'nothing else changes']) {
      it(`${kind}: a history that breaks "${name}" is found by that rule`, () => {
        const make = BREAKS[name];
        if (!make) throw new Error(`No illegal history is written for "${name}"`);
        // A debt of the token `old` came earlier.
        expect(rulesBroken(LEGAL.owe, make(legal))).to.include(`${kind}: ${name}`);
      });
    }
  }

  it('has no illegal history for a rule that is gone', () => {
    const names = new Set(['nothing else changes', ...Object.values(HISTORY_RULES).flatMap(namesOf)]);
    expect(Object.keys(BREAKS).filter((name) => !names.has(name))).to.deep.equal([]);
  });
});
