import { escaped } from '../report/chart.ts';
import { shown } from '../report/markdown.ts';
import { type Spread, spreadOf } from '../report/statistics.ts';
import { figuresAt, seriesAt, valuesOf } from './bars.ts';
import { CURVE_TEXTS, METRIC_NAMES } from './columns.ts';
import { CURVES, type Curve } from './curves.ts';
import { medianParts } from './markdown.ts';
import type { Metric, ScaleResult } from './result.ts';

const WIDTH = 980;
const PANEL = { width: 380, height: 150, left: 70, gap: 110, top: 54, bottom: 44 };
const ROW = PANEL.top + PANEL.height + PANEL.bottom;
const LINE_COLOURS = ['#0f766e', '#b45309'];
const PART_COLOURS = ['#0f766e', '#b45309', '#475569', '#7c3aed', '#0369a1', '#94a3b8'];

/** What stands beside each other for a curve: lines of metrics, or the cost as stacked bars. */
const PANELS: Readonly<Record<Curve, readonly (readonly Metric[] | 'cost')[]>> = {
  stored: [['jobsPerSecond'], 'cost'],
  waiting: [
    ['submittedPerSecond', 'drainedPerSecond'],
    ['p50Ms', 'p99Ms'],
  ],
  payload: [['megabytesPerSecond'], 'cost'],
  workers: [['jobsPerSecond'], 'cost'],
  clients: [
    ['submittedPerSecond', 'jobsPerSecond'],
    ['p50Ms', 'p99Ms'],
  ],
};

interface Frame {
  readonly left: number;
  readonly top: number;
  /** Value at the upper edge. */
  readonly most: number;
  readonly count: number;
}

const xAt = ({ left, count }: Frame, index: number) => left + ((index + 0.5) * PANEL.width) / count;
const yAt = ({ top, most }: Frame, value: number) => top + PANEL.height * (1 - value / most);
const text = (x: number, y: number, said: string, more = '') =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escaped(said)}</text>`;

function frameText(frame: Frame, curve: Curve, values: readonly number[], title: string): string {
  const bottom = frame.top + PANEL.height;
  const axis = `<path d="M${frame.left} ${frame.top}V${bottom}H${frame.left + PANEL.width}" fill="none" stroke="#94a3b8"/>`;
  const labels = values.map((value, index) => text(xAt(frame, index), bottom + 16, value.toLocaleString('en-US'), 'text-anchor="middle"'));
  const name = text(frame.left + PANEL.width, bottom + 32, CURVE_TEXTS[curve].axis, 'text-anchor="end" fill="#475569"');
  const scale = [
    text(frame.left - 6, frame.top + 8, shown(frame.most), 'text-anchor="end"'),
    text(frame.left - 6, bottom, '0', 'text-anchor="end"'),
  ];
  return [axis, ...labels, name, ...scale, text(frame.left, frame.top - 10, title, 'font-weight="bold"')].join('\n');
}

/** Above the point, or below it where there is room over the axis. */
function labelAt(frame: Frame, value: number, below: boolean): number {
  const y = yAt(frame, value) + 16;
  return below && y < frame.top + PANEL.height ? y : yAt(frame, value) - 6;
}

/** @param below whether figures stand below the line: those of another one are above theirs */
function line(frame: Frame, spreads: readonly (Spread | undefined)[], colour: string, below: boolean): string {
  const marks = spreads.flatMap((spread, index) => (spread ? [{ spread, x: xAt(frame, index) }] : []));
  const path = marks
    .map(({ spread, x }, index) => `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${yAt(frame, spread.median).toFixed(1)}`)
    .join('');
  const points = marks.map(({ spread, x }) =>
    [
      `<line x1="${x.toFixed(1)}" x2="${x.toFixed(1)}" y1="${yAt(frame, spread.least).toFixed(1)}" y2="${yAt(frame, spread.most).toFixed(1)}" stroke="${colour}"/>`,
      `<circle cx="${x.toFixed(1)}" cy="${yAt(frame, spread.median).toFixed(1)}" r="3.5" fill="${colour}"/>`,
      text(x + 6, labelAt(frame, spread.median, below), shown(spread.median), `fill="${colour}"`),
    ].join('\n'),
  );
  return [`<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...points].join('\n');
}

function linePanel(result: ScaleResult, curve: Curve, metrics: readonly Metric[], at: Pick<Frame, 'left' | 'top'>): string {
  const values = valuesOf(result, curve);
  const all = metrics.map((metric) => values.map((value) => spreadOf(seriesAt(result, curve, value, metric))));
  const most = Math.max(...all.flat().map((spread) => spread?.most ?? 0), Number.MIN_VALUE) * 1.15;
  const frame = { ...at, most, count: values.length };
  const names = metrics.map((metric, index) =>
    text(at.left + 130 + index * 110, at.top - 10, `● ${METRIC_NAMES[metric]}`, `fill="${LINE_COLOURS[index]}"`),
  );
  const peaks = all.map((spreads) => Math.max(...spreads.map((spread) => spread?.median ?? 0)));
  const upper = peaks.indexOf(Math.max(...peaks));
  const title = metrics.includes('p99Ms') ? 'single POST' : 'rate';
  return [
    frameText(frame, curve, values, title),
    ...names,
    ...all.map((spreads, index) => line(frame, spreads, LINE_COLOURS[index]!, index !== upper)),
  ].join('\n');
}

function costPanel(result: ScaleResult, curve: Curve, at: Pick<Frame, 'left' | 'top'>): string {
  const values = valuesOf(result, curve);
  const stacks = values.map((value) => medianParts(figuresAt(result, curve, value).map(({ cpuMs }) => cpuMs)));
  const names = [...new Set(stacks.flat().map(([name]) => name))].toSorted();
  const sums = stacks.map((stack) => stack.reduce((sum, [, ms]) => sum + ms, 0));
  const frame = { ...at, most: Math.max(...sums, Number.MIN_VALUE) * 1.15, count: values.length };
  const bars = stacks.flatMap((stack, index) => {
    let below = 0;
    const parts = names.map((name, colour) => {
      const ms = stack.find(([one]) => one === name)?.[1] ?? 0;
      const [y, height] = [yAt(frame, below + ms), (PANEL.height * ms) / frame.most];
      below += ms;
      return `<rect x="${(xAt(frame, index) - 18).toFixed(1)}" y="${y.toFixed(1)}" width="36" height="${height.toFixed(1)}" fill="${PART_COLOURS[colour % PART_COLOURS.length]}"/>`;
    });
    return [...parts, text(xAt(frame, index), yAt(frame, below) - 5, shown(below), 'text-anchor="middle"')];
  });
  const legend = names.map((name, colour) =>
    text(at.left + 95 + colour * 52, at.top - 10, name, `font-size="10" fill="${PART_COLOURS[colour % PART_COLOURS.length]}"`),
  );
  return [frameText(frame, curve, values, METRIC_NAMES.cpuMs), ...legend, ...bars].join('\n');
}

/** A row a curve, of two panels each; lines with ranges, costs as stacked bars. SVG. */
export function scaleChart(result: ScaleResult): string {
  const curves = CURVES.filter((curve) => valuesOf(result, curve).length > 0);
  const rows = curves.flatMap((curve, index) => {
    const top = index * ROW + PANEL.top;
    const heading = text(12, top - 30, CURVE_TEXTS[curve].heading, 'font-weight="bold" font-size="15"');
    const panels = PANELS[curve].map((what, column) => {
      const at = { left: PANEL.left + column * (PANEL.width + PANEL.gap), top };
      return what === 'cost' ? costPanel(result, curve, at) : linePanel(result, curve, what, at);
    });
    return [heading, ...panels];
  });
  const height = Math.max(curves.length * ROW, 1);
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  const style = 'font-family="system-ui, sans-serif" font-size="12" fill="#111827"';
  const background = `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`;
  const title = '<title>Jobline as backlog, payload, workers and clients grow</title>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style} role="img">\n${title}\n${background}\n${rows.join('\n')}\n</svg>\n`;
}
