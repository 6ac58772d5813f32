import { expect } from 'chai';
import { parseOptions } from '../../../bench/memory/options.ts';
import { submitSteadily } from '../../../bench/memory/steady-load.ts';
import { parseOptions as parseOverload } from '../../../bench/overload/options.ts';
import { lineChart } from '../../../bench/report/line-chart.ts';
import { verdictLine, verdictTable } from '../../../bench/report/verdicts.ts';
import type { Running } from '../../../bench/suite/contender.ts';
import { memoryTrend } from '../../../bench/suite/memory-trend.ts';

const samples = (...mb: readonly number[]) => mb.map((each, index) => ({ atMs: index * 1_000, mb: each }));

describe('memoryTrend', () => {
  it('holds the median of the last third against that of the first: a peak between them does not count', () => {
    const trend = memoryTrend(samples(100, 101, 100, 100, 400, 100, 102, 100, 101))!;
    expect(trend).to.deep.equal({ firstMb: 100, lastMb: 101, peakMb: 400, allowedMb: 15, isFlat: true });
  });

  it('growth by more than a tenth, or 15 MB, is not flat', () => {
    expect(memoryTrend(samples(100, 100, 105, 110, 116, 116))!.isFlat).to.equal(false);
    expect(memoryTrend(samples(300, 300, 310, 315, 329, 329))!.isFlat).to.equal(true);
    expect(memoryTrend(samples(300, 300, 310, 315, 331, 331))!.isFlat).to.equal(false);
  });

  it('too few samples say nothing', () => {
    expect(memoryTrend(samples(1, 2, 3, 4, 5))).to.equal(undefined);
  });
});

describe('steady load of bench:memory', () => {
  it('submits half of the rate one by one and half in batches, each job once', async () => {
    const seen = { single: [] as number[], batches: [] as number[][] };
    const running = {
      submitOne: async ({ n }) => void seen.single.push(n),
      submitBatch: async (jobs) => void seen.batches.push(jobs.map(({ n }) => n)),
    } satisfies Partial<Running> as unknown as Running;
    const jobs = await submitSteadily(running, { perSecond: 100, seconds: 0.5, from: 10 });
    const all = [...seen.single, ...seen.batches.flat()];
    expect(all.toSorted((a, b) => a - b)).to.deep.equal(Array.from({ length: jobs }, (_, index) => 10 + index));
    expect(seen.batches.map(({ length }) => length)).to.deep.equal([50]);
    expect(seen.single.length).to.be.within(10, 26);
  });
});

describe('options of bench:memory and bench:overload', () => {
  for (const [parse, args, message] of [
    [parseOptions, ['--minutes', 'x'], '--minutes is x; it must be a number from 0.2 to 1440.'],
    [parseOptions, ['--rate', '1'], '--rate is 1; it must be a whole number from 2.'],
    [parseOverload, ['--factor', '1'], '--factor is 1; it must be a number from 1.5 to 10.'],
    [parseOverload, ['--seconds', '2'], '--seconds is 2; it must be a whole number from 5.'],
    [parseOverload, ['--speed', '2'], "Unknown option '--speed'"],
  ] as const) {
    it(`${args.join(' ')}: is refused by name`, () => {
      expect(() => parse(args)).to.throw(message);
    });
  }

  it('nothing said: ten minutes, a minute at three times the rate', () => {
    expect(parseOptions([])).to.include({ minutes: 10, perSecond: undefined });
    expect(parseOverload([])).to.include({ seconds: 60, factor: 3, waiting: undefined });
  });
});

describe('verdicts', () => {
  const verdicts = [
    { what: 'a | b', is: '1', bar: '2', isMet: true },
    { what: 'c', is: '3', bar: '2', isMet: false },
  ];

  it('are a table, and a line that says how many are met', () => {
    expect(verdictTable(verdicts).split('\n').slice(2)).to.deep.equal(['| a / b | 1 | 2 | met |', '| c | 3 | 2 | missed |']);
    expect(verdictLine(verdicts)).to.equal('1 bars met, 1 missed');
  });
});

describe('lineChart', () => {
  it('draws a line for each name, scales it to its panel, and marks moments; names are escaped', () => {
    const panel = {
      heading: 'Jobs',
      lines: [
        {
          name: 'a<b',
          points: [
            [0, 0],
            [10, 5],
          ] as const,
        },
      ],
    };
    const svg = lineChart('<t>', [panel], [{ second: 5, name: 'half' }]);
    expect(svg).to.contain('a&lt;b').and.to.contain('&lt;t&gt;').and.to.contain('>half<');
    expect(/points="([^"]+)"/.exec(svg)![1]).to.equal('64.0,160.0 720.0,30.0');
    expect(svg).to.contain('x1="392.0"');
  });
});
