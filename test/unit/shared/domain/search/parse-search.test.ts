import { expect } from 'chai';
import fc from 'fast-check';
import { parseSearch } from '../../../../../shared/domain/search/parse-search.ts';

const NOW = new Date('2026-01-15T12:00:00Z');
const ago = (ms: number) => new Date(NOW.getTime() - ms);
const HOUR_MS = 3_600_000;

function read(text: string) {
  const parsed = parseSearch(text, NOW);
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  return parsed.search;
}

describe('parseSearch', () => {
  it('all keys: each gives its part, whatever the blanks and the case of states', () => {
    expect(read('  state:Failed type:report  tag:abc tag:team/x error:stage_timeout age:>2h age:<7d ')).to.deep.equal({
      state: 'FAILED',
      type: 'report',
      tags: ['abc', 'team/x'],
      errorCode: 'stage_timeout',
      createdBefore: ago(2 * HOUR_MS),
      createdAfter: ago(7 * 24 * HOUR_MS),
    });
  });

  it('nothing: no condition; a tag twice: once', () => {
    expect(read('')).to.deep.equal({});
    expect(read('tag:a tag:a')).to.deep.equal({ tags: ['a'] });
    expect(read('state:retry_wait age:<30s')).to.deep.equal({ state: 'RETRY_WAIT', createdAfter: ago(30_000) });
  });

  for (const [text, position, words] of [
    ['report', 0, '"report" has no colon'],
    ['type:report colour:red', 12, '"colour" is not a key; the keys are state, type, tag, error, age'],
    ['constructor:x', 0, 'is not a key'],
    ['__proto__:x', 0, 'is not a key'],
    [':x', 0, '"" is not a key'],
    ['state:done', 0, 'state: takes one of scheduled, queued, running'],
    ['state:failed state:queued', 13, 'state: stands twice'],
    ['type:a type:a', 7, 'type: stands twice'],
    ['type:', 0, 'type: takes the name'],
    ['type:{$ne:1}', 0, 'type: takes the name'],
    ['tag:$where', 0, 'tag: takes a tag'],
    [`tag:${'x'.repeat(65)}`, 0, 'tag: takes a tag'],
    ['error:a,b', 0, 'error: takes the code'],
    ['age:2h', 0, 'age: takes > or <'],
    ['age:>2w', 0, 'age: takes > or <'],
    ['age:>2h age:>3h', 8, 'age:> stands twice'],
    [`${'tag:a '.repeat(20)}tag:b`, 120, 'more than 20 terms'],
  ] as const) {
    it(`${text.slice(0, 30)}: is refused at ${position}`, () => {
      const parsed = parseSearch(text, NOW);
      expect(parsed.ok).to.equal(false);
      if (parsed.ok) return;
      expect(parsed.problem.position).to.equal(position);
      expect(parsed.problem.detail).to.contain(words);
    });
  }

  it('whatever is sent: never throws, and what it gives is only names, states and dates', () => {
    const term = fc.tuple(fc.constantFrom('state', 'type', 'tag', 'error', 'age', 'x', ''), fc.string()).map((parts) => parts.join(':'));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(term, fc.string())).map((terms) => terms.join(' ')),
        (text) => {
          const parsed = parseSearch(text, NOW);
          if (!parsed.ok) {
            expect(parsed.problem.position).to.be.within(0, text.length);
            return;
          }
          for (const value of Object.values(parsed.search).flat()) {
            if (!(value instanceof Date)) expect(value).to.match(/^[A-Za-z0-9._:/-]+$/);
          }
        },
      ),
    );
  });
});
