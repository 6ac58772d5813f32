import { expect } from 'chai';
import { parseRange } from '../../../../services/gateway/byte-range.ts';

describe('parseRange', () => {
  for (const [header, size, range] of [
    ['bytes=0-9', 100, { start: 0, end: 9 }],
    ['bytes=0-', 100, { start: 0, end: 99 }],
    ['bytes=90-200', 100, { start: 90, end: 99 }],
    ['bytes=-10', 100, { start: 90, end: 99 }],
    ['bytes=-200', 100, { start: 0, end: 99 }],
    ['bytes=99-99', 100, { start: 99, end: 99 }],
    ['bytes=100-', 100, 'unsatisfiable'],
    ['bytes=0-0', 0, 'unsatisfiable'],
    ['bytes=-0', 100, 'unsatisfiable'],
    ['bytes=5-4', 100, undefined],
    ['bytes=-', 100, undefined],
    ['bytes=0-1,5-6', 100, undefined],
    ['lines=0-1', 100, undefined],
    ['bytes=a-b', 100, undefined],
    [undefined, 100, undefined],
  ] as const) {
    it(`${header} of ${size} bytes: ${JSON.stringify(range)}`, () => expect(parseRange(header, size)).to.deep.equal(range));
  }
});
