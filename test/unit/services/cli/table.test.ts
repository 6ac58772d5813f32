import { expect } from 'chai';
import { factsOf, tableOf } from '../../../../services/cli/table.ts';

const ROWS = [
  ['id', 'state', 'why'],
  ['1', 'failed', 'the quick brown fox jumps over the lazy dog'],
  ['2', 'ok', 'failed'],
];

describe('A table of the command line', () => {
  it('not on a terminal: a line a row, without an escape', () => {
    expect(tableOf(ROWS)).to.equal('id  state   why\n1   failed  the quick brown fox jumps over the lazy dog\n2   ok      failed\n');
  });

  it('on a terminal: the last column is wrapped under its head', () => {
    expect(tableOf(ROWS, { columns: 44 })).to.equal(
      'id  state   why\n1   failed  the quick brown fox jumps over\n            the lazy dog\n2   ok      failed\n',
    );
    expect(tableOf(ROWS, { columns: 80 })).to.equal(tableOf(ROWS));
  });

  it('on a terminal with little room beside the other columns: the last one stands under its row', () => {
    expect(tableOf(ROWS, { columns: 41 })).to.equal(
      'id  state   why\n1   failed\n    the quick brown fox jumps over the\n    lazy dog\n2   ok\n    failed\n',
    );
  });

  it('on a terminal too narrow for any of this: is left as it is', () => {
    expect(tableOf(ROWS, { columns: 20 })).to.equal(tableOf(ROWS));
  });

  it('a word longer than the room: is cut into lines, and nothing of it is lost', () => {
    const out = tableOf(
      [
        ['a', 'b'],
        ['1', 'x'.repeat(80)],
      ],
      { columns: 43 },
    );
    expect(out.split('\n').map((line) => line.length)).to.deep.equal([4, 43, 43, 0]);
  });

  it('with colour: states alone are painted, and the columns stay', () => {
    const out = tableOf(ROWS, { hasColour: true });
    expect(out).to.contain('\u001b[31mfailed\u001b[39m  the quick').and.to.contain('\u001b[32mok    \u001b[39m  failed\n');
  });

  it('escapes of a server: are taken out', () => {
    expect(tableOf([['a'], ['\u001b[31mred\u0007\nline']])).to.equal('a\n [31mred line\n');
  });

  it('facts: those that there are, beneath each other', () => {
    expect(factsOf({ id: 'x', nothing: undefined, empty: '', count: 0 })).to.equal('id     x\ncount  0\n');
  });
});
