import { expect } from 'chai';
import fc from 'fast-check';
import { calendarEdges } from '../../../../services/p1-worker/handlers/report/calendar-edges.ts';
import { MAX_BINS, numberEdges } from '../../../../services/p1-worker/handlers/report/histogram.ts';

const isStrict = (edges: readonly (number | string)[]) => edges.every((edge, index) => index === 0 || edge > edges[index - 1]!);

describe('histogram bounds', () => {
  it('numbers of any range get at most 20 bins that cover it', () => {
    const range = fc.tuple(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.double({ noNaN: true, noDefaultInfinity: true }));
    fc.assert(
      fc.property(range, ([a, b]) => {
        fc.pre(a !== b);
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const edges = numberEdges(min, max, false);
        expect(edges.length - 1).to.be.within(1, MAX_BINS);
        expect(isStrict(edges)).to.equal(true);
        expect(edges[0]! <= min && edges.at(-1)! >= max).to.equal(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('integers of any range get whole bounds', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.maxSafeInteger(), (a, b) => {
        fc.pre(a !== b);
        const edges = numberEdges(Math.min(a, b), Math.max(a, b), true);
        expect(edges.length - 1).to.be.within(1, MAX_BINS);
        expect(isStrict(edges)).to.equal(true);
        expect(edges[0]! <= Math.min(a, b) && edges.at(-1)! >= Math.max(a, b)).to.equal(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('round numbers get round bounds', () => {
    expect(numberEdges(0.03, 0.97, false).slice(0, 3)).to.deep.equal([0, 0.05, 0.1]);
    expect(numberEdges(3, 97, true).slice(0, 3)).to.deep.equal([0, 5, 10]);
  });

  it('times of any range within the calendar get at most 20 bins that cover it', () => {
    const time = fc.date({ min: new Date('0002-01-01T00:00:00Z'), max: new Date('8000-01-01T00:00:00Z'), noInvalidDate: true });
    fc.assert(
      fc.property(time, time, fc.boolean(), (a, b, isDate) => {
        const day = 86_400_000;
        const [from, to] = [a.getTime(), b.getTime()].map((one) => (isDate ? Math.floor(one / day) * day : one)).sort((x, y) => x - y) as [
          number,
          number,
        ];
        fc.pre(from !== to);
        const edges = calendarEdges(from, to, isDate)!.map((edge) => new Date(isDate ? edge : `${edge}Z`).getTime());
        expect(edges.length - 1).to.be.within(1, MAX_BINS);
        expect(isStrict(edges)).to.equal(true);
        expect(edges[0]! <= from && edges.at(-1)! >= to).to.equal(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it('weeks begin on Mondays, months on the first', () => {
    expect(calendarEdges(Date.UTC(2024, 0, 3), Date.UTC(2024, 2, 20), true)?.slice(0, 2)).to.deep.equal(['2024-01-01', '2024-01-08']);
    expect(calendarEdges(Date.UTC(2023, 0, 15), Date.UTC(2023, 11, 20), true)?.slice(0, 2)).to.deep.equal(['2023-01-01', '2023-02-01']);
  });
});
