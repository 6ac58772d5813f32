import { SCENARIOS, type Scenario } from '../suite/contender.ts';
import { type Metric, valuesOf } from './bars.ts';
import { shown } from './markdown.ts';
import type { BenchResult, Described } from './result.ts';
import { type Spread, spreadOf } from './statistics.ts';

const WIDTH = 900;
const LABELS = 330;
const ROW = 24;
const HEAD = 44;
const BARS_WIDTH = WIDTH - LABELS - 90;
const FIRST: Readonly<Record<Scenario, { readonly metric: Metric; readonly heading: string }>> = {
  batch: { metric: 'jobsPerSecond', heading: 'Submitted in bulk, jobs/s (more is better)' },
  single: { metric: 'jobsPerSecond', heading: 'Submitted one by one, jobs/s (more is better)' },
  latency: { metric: 'p50Ms', heading: 'Latency, p50, ms (less is better)' },
};
const COLOURS: Readonly<Record<Described['kind'], string>> = { ours: '#0f766e', ceiling: '#94a3b8', baseline: '#b45309', peer: '#475569' };

/** Text inside SVG. */
export const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

interface Row {
  readonly one: Described;
  readonly spread: Spread;
}

function rowsOf(result: BenchResult, scenario: Scenario): readonly Row[] {
  return result.contenders.flatMap((one) => {
    const spread = spreadOf(valuesOf(result, scenario, one.name, FIRST[scenario].metric) ?? []);
    return spread ? [{ one, spread }] : [];
  });
}

function bar({ one, spread }: Row, scale: number, y: number): string {
  const [width, least, most] = [spread.median, spread.least, spread.most].map((value) => value * scale) as [number, number, number];
  const middle = y + ROW / 2;
  return [
    `<text x="${LABELS - 8}" y="${middle + 4}" text-anchor="end">${escaped(one.title)}</text>`,
    `<rect x="${LABELS}" y="${y + 4}" width="${width.toFixed(1)}" height="${ROW - 8}" fill="${COLOURS[one.kind]}"/>`,
    `<line x1="${(LABELS + least).toFixed(1)}" x2="${(LABELS + most).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#111827"/>`,
    `<text x="${(LABELS + Math.max(width, most) + 6).toFixed(1)}" y="${middle + 4}">${shown(spread.median)}</text>`,
  ].join('\n');
}

function panel(rows: readonly Row[], heading: string, top: number): string {
  const scale = BARS_WIDTH / Math.max(...rows.map(({ spread }) => spread.most));
  const bars = rows.map((row, index) => bar(row, scale, top + HEAD + index * ROW));
  return [`<text x="12" y="${top + 28}" font-weight="bold" font-size="15">${escaped(heading)}</text>`, ...bars].join('\n');
}

/** Medians as bars with a line from the least to the most, a panel a scenario; contenders that are out are left out. SVG. */
export function chart(result: BenchResult): string {
  let height = 0;
  const panels = SCENARIOS.flatMap((scenario) => {
    const rows = rowsOf(result, scenario);
    if (rows.length === 0) return [];
    const drawn = panel(rows, FIRST[scenario].heading, height);
    height += HEAD + rows.length * ROW + 16;
    return [drawn];
  });
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  const style = 'font-family="system-ui, sans-serif" font-size="13" fill="#111827"';
  const background = `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`;
  const title = '<title>Jobline and other job systems, medians</title>';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style} role="img">\n${title}\n${background}\n${panels.join('\n')}\n</svg>\n`;
}
