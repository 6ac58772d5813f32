import { expect } from 'chai';
import { barChart } from '../../../../services/p2-worker/handlers/report/chart/bar-chart.ts';
import { columnChart, sparkline, topValuesNote } from '../../../../services/p2-worker/handlers/report/chart/column-chart.ts';
import type { RectMark, Scene } from '../../../../services/p2-worker/handlers/report/chart/scene.ts';
import { approximateText, sceneSvg } from '../../../../services/p2-worker/handlers/report/chart/svg.ts';
import { countTicks, niceTicks, tickText, timeTicks } from '../../../../services/p2-worker/handlers/report/chart/ticks.ts';
import type { Cell, ColumnType } from '../../../../shared/domain/report-profile.ts';
import { profileColumn } from './support/make-profile.ts';

const FRAME = { width: 300, height: 100, fontSize: 8, text: approximateText, mostBars: 8 };
const column = (type: ColumnType, cells: readonly Cell[]) => profileColumn('c', type, 0, cells);
const rects = (scene: Scene) => scene.marks.filter((mark): mark is RectMark => mark.kind === 'rect');

function expectInside(scene: Scene): void {
  for (const { x, y, width, height } of rects(scene)) {
    expect(x).to.be.at.least(0);
    expect(y).to.be.at.least(-0.001);
    expect(x + width).to.be.at.most(scene.width + 0.001);
    expect(y + height).to.be.at.most(scene.height + 0.001);
    expect(width).to.be.greaterThan(0);
  }
}

describe('Charts of a report', () => {
  for (const [low, high] of [
    [9_007_199_254_740_992, 9_007_199_254_740_996],
    [-9.3e18, 9.3e18],
    [1e29, 1e29 + 1e14],
    [0, 1e-323],
    [-1.7e308, 1.7e308],
  ] as const) {
    it(`of numbers from ${low} to ${high}, have some ticks`, () => {
      expect(niceTicks(low, high, 5).length).to.be.within(1, 12);
    });
  }

  for (const [lower, middle, upper] of [
    [-1.7e308, 0, 1.7e308],
    [-5e-324, 0, 5e-324],
  ] as const) {
    it(`of a range from ${lower} to ${upper}, have bars inside the chart`, () => {
      const bins = [
        { lower, upper: middle, count: 1 },
        { lower: middle, upper, count: 2 },
      ];
      expectInside(columnChart({ ...column('decimal', [lower, middle, upper]), histogram: bins }, FRAME));
    });
  }

  it('of a histogram, have bars as high as their counts', () => {
    const profile = column('integer', [1, 1, 1, 2, 2, 9]);
    const scene = columnChart(profile, FRAME);
    const heights = rects(scene).map(({ height }) => height);
    const [first] = heights;
    expect(heights.map((height) => Math.round((height / first!) * 3))).to.deep.equal(profile.histogram!.map(({ count }) => count));
    expect(scene.alt).to.include('Histogram of “c”: 20 bins from 1 to 9');
    expectInside(scene);
  });

  it('of dates, have calendar ticks', () => {
    const scene = columnChart(column('date', ['2000-05-01', '2010-01-01', '2020-12-31']), FRAME);
    const labels = scene.marks.flatMap((mark) => (mark.kind === 'text' && /^\d{4}$/.test(mark.text) ? [mark.text] : []));
    expect(labels).to.deep.equal(['2005', '2010', '2015', '2020']);
  });

  it('of texts, have bars in order of frequency and say what they leave out', () => {
    const cells = Array.from({ length: 60 }, (_, index) => `v${Math.floor(Math.sqrt(index))}`);
    const profile = column('text', [...cells, ...Array.from({ length: 5 }, (_, index) => `rare${index}`)]);
    const widths = rects(columnChart(profile, FRAME)).map(({ width }) => width);
    expect(widths).to.have.length(8);
    expect([...widths].sort((a, b) => b - a)).to.deep.equal(widths);
    expect(topValuesNote(profile, 8)).to.equal('The 8 most frequent of 13 values: 92.3% of the column.');
    expectInside(columnChart(profile, FRAME));
  });

  it('of negative values, have bars to the left of the zero line', () => {
    const bars = [
      { label: 'up', value: 10, text: '10' },
      { label: 'down', value: -5, text: '-5' },
    ];
    const [up, down] = rects(barChart(bars, { ...FRAME, labelShare: 0.4 }, ''));
    expect(down!.x + down!.width).to.be.closeTo(up!.x, 0.001);
    expect(down!.width * 2).to.be.closeTo(up!.width, 0.001);
  });

  it('of values that are all zero, have bars without width and no NaN', () => {
    const svg = sceneSvg(barChart([{ label: 'a', value: 0, text: '0' }], { ...FRAME, labelShare: 0.4 }, 'zero'));
    expect(svg).to.not.include('NaN').and.to.not.include('Infinity');
  });

  it('in little, have the shape of the histogram and nothing for no values', () => {
    expect(rects(sparkline(column('integer', [1, 2, 2, 3]), 40, 10)!)).to.have.length(20);
    expect(sparkline(column('integer', [null]), 40, 10)).to.equal(undefined);
  });

  it('as SVG, escape labels and name themselves', () => {
    const svg = sceneSvg(barChart([{ label: '<b>"&', value: 1, text: '1' }], { ...FRAME, labelShare: 0.4 }, 'a "chart" of <b>'));
    expect(svg).to.include('&lt;b&gt;&quot;&amp;').and.to.include('role="img" aria-label="a &quot;chart&quot; of &lt;b&gt;"');
    expect(svg).to.not.include('<b>');
  });
});

describe('Ticks of an axis', () => {
  it('are round and inside the span', () => {
    expect(niceTicks(0, 97, 5)).to.deep.equal([0, 20, 40, 60, 80]);
    expect(niceTicks(-0.13, 0.21, 4)).to.deep.equal([-0.1, 0, 0.1, 0.2]);
    expect(niceTicks(5, 5, 4)).to.deep.equal([5]);
    expect(niceTicks(-1e308, 1e308, 4).length).to.be.at.most(6);
  });

  it('of counts, are whole and reach the highest', () => {
    expect(countTicks(7, 3)).to.deep.equal([0, 5, 10]);
    expect(countTicks(1, 3)).to.deep.equal([0, 1]);
    expect(countTicks(2_604, 3)).to.deep.equal([0, 1_000, 2_000, 3_000]);
  });

  it('are short to read', () => {
    expect([0, 0.25, 1_990, 20_000, 1_500_000, 2e9, -3e12, 1e20, 1e-9].map(tickText)).to.deep.equal([
      '0',
      '0.25',
      '1990',
      '20k',
      '1.5M',
      '2bn',
      '-3T',
      '1e20',
      '1e-9',
    ]);
  });

  it('of time, are years, months, days or minutes, as the span asks for', () => {
    const labels = (low: string, high: string) => timeTicks(Date.parse(low), Date.parse(high)).map(({ label }) => label);
    expect(labels('1928-12-31', '2046-12-31')).to.deep.equal(['1940', '1960', '1980', '2000', '2020', '2040']);
    expect(labels('2023-11-15', '2024-12-31')).to.deep.equal(['2024-01', '2024-04', '2024-07', '2024-10']);
    expect(labels('2024-01-01', '2024-01-20')).to.deep.equal(['2024-01-01', '2024-01-05', '2024-01-09', '2024-01-13', '2024-01-17']);
    expect(labels('2024-01-01T00:00:00Z', '2024-01-01T12:00:00Z')).to.deep.equal([
      '01-01 00:00',
      '01-01 03:00',
      '01-01 06:00',
      '01-01 09:00',
      '01-01 12:00',
    ]);
  });
});
