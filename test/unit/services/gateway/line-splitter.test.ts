import { expect } from 'chai';
import fc from 'fast-check';
import { type Line, LineSplitter } from '../../../../services/gateway/batch/line-splitter.ts';

const LIMIT = 40;

/** What a splitter gives for a body that comes in these chunks. */
function linesOf(chunks: readonly Buffer[], maxLineBytes = LIMIT): Line[] {
  const splitter = new LineSplitter(maxLineBytes);
  return [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
}

/** The same of the whole body, by the plainest means. */
function expectedOf(body: Buffer, maxLineBytes = LIMIT): Line[] {
  const lines: Line[] = [];
  let from = 0;
  for (let number = 1; from <= body.length; number += 1) {
    const newline = body.indexOf('\n', from);
    const to = newline < 0 ? body.length : newline;
    const bytes = body.subarray(from, to);
    if (bytes.length > maxLineBytes) lines.push({ number });
    else if (!/^[ \t\r]*$/.test(bytes.toString('latin1'))) lines.push({ number, bytes });
    from = to + 1;
  }
  return lines;
}

const shown = (lines: readonly Line[]) => lines.map(({ number, bytes }) => [number, bytes?.toString('utf8')]);

function cut(body: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (body.length + 1)).toSorted((a, b) => a - b), body.length];
  return edges.slice(1).map((to, index) => body.subarray(edges[index], to));
}

describe('LineSplitter', () => {
  it('lines with and without a newline at the end, come with their numbers', () => {
    expect(shown(linesOf([Buffer.from('a\nb')]))).to.deep.equal([
      [1, 'a'],
      [2, 'b'],
    ]);
    expect(shown(linesOf([Buffer.from('a\nb\n')]))).to.deep.equal([
      [1, 'a'],
      [2, 'b'],
    ]);
  });

  it('blank lines, are left out and counted', () => {
    expect(shown(linesOf([Buffer.from('\n \t\r\na\r\n\n')]))).to.deep.equal([[3, 'a\r']]);
  });

  it('a line beyond the limit, is told of before it has ended, once, and the next one is whole', () => {
    const splitter = new LineSplitter(4);
    expect(shown([...splitter.push(Buffer.from('12345'))])).to.deep.equal([[1, undefined]]);
    expect([...splitter.push(Buffer.from('6789'))]).to.deep.equal([]);
    expect(shown([...splitter.push(Buffer.from('0\n1234\n'))])).to.deep.equal([[2, '1234']]);
    expect([...splitter.end()]).to.deep.equal([]);
  });

  it('an endless line, is not kept', () => {
    const splitter = new LineSplitter(1_000);
    const chunk = Buffer.alloc(65_536, 'x');
    for (let n = 0; n < 1_000; n += 1) expect([...splitter.push(chunk)]).to.have.length(n === 0 ? 1 : 0);
    expect([...splitter.end()]).to.deep.equal([]);
  });

  it('any body in any chunks, characters of several bytes cut too, gives the lines of the whole', () => {
    const piece = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.constantFrom('\n', '\r\n', '\n\n', ' ', '\t', '{"a":"ä€😀"}', 'x'.repeat(LIMIT), 'x'.repeat(LIMIT + 1)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 12 }), (pieces, places) => {
        const body = Buffer.from(pieces.join(''));
        expect(shown(linesOf(cut(body, places)))).to.deep.equal(shown(expectedOf(body)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('one byte at a time, gives the same', () => {
    const body = Buffer.from('ä\n€\r\n\n😀😀');
    expect(shown(linesOf([...body].map((byte) => Buffer.from([byte]))))).to.deep.equal(shown(expectedOf(body)));
  });
});
