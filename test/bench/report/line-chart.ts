import { escaped } from './chart.ts';

/** A value at a moment, in seconds since the beginning. */
export type Point = readonly [second: number, value: number];

/** One line of a panel. */
export interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

/** One picture above the common axis of time. */
export interface Panel {
  readonly heading: string;
  readonly lines: readonly Line[];
}

/** A moment that all panels show. */
export interface Mark {
  readonly second: number;
  readonly name: string;
}

const [WIDTH, LEFT, RIGHT, HEAD, PLOT, FOOT] = [900, 64, 180, 30, 130, 26];
const COLOURS = ['#0f766e', '#b45309', '#475569', '#7c3aed', '#be123c', '#0369a1'] as const;

const shown = (value: number) => (value >= 10 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(2));

/** The least of 1, 2 and 5 times a power of ten that is not below the value. */
function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= value)!;
}

interface Scale {
  readonly x: (second: number) => number;
  readonly y: (value: number) => number;
  readonly top: number;
}

function lineOf({ name, points }: Line, index: number, { x, y, top }: Scale): string {
  const colour = COLOURS[index % COLOURS.length];
  const path = points.map(([second, value]) => `${x(second).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const at = `x="${WIDTH - RIGHT + 12}" y="${top + HEAD + 12 + index * 16}"`;
  return `<polyline fill="none" stroke="${colour}" stroke-width="1.5" points="${path}"/>\n<text ${at} fill="${colour}">${escaped(name)}</text>`;
}

function panelOf({ heading, lines }: Panel, top: number, length: number): { readonly svg: string; readonly scale: Scale } {
  const most = roundUp(Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value)), 0));
  const x = (second: number) => LEFT + (second / length) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => top + HEAD + PLOT * (1 - Math.min(value / most, 1));
  const grid = [0, most / 2, most].flatMap((value) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#e5e7eb"/>`,
    `<text x="${LEFT - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${shown(value)}</text>`,
  ]);
  const title = `<text x="12" y="${top + 18}" font-weight="bold">${escaped(heading)}</text>`;
  const scale = { x, y, top };
  return { svg: [title, ...grid, ...lines.map((line, index) => lineOf(line, index, scale))].join('\n'), scale };
}

/** @param row names that are near each other stand below each other. */
function markOf({ second, name }: Mark, row: number, x: (second: number) => number, bottom: number): string {
  const at = x(second).toFixed(1);
  const line = `<line x1="${at}" x2="${at}" y1="${HEAD}" y2="${bottom}" stroke="#9ca3af" stroke-dasharray="4 3"/>`;
  return `${line}\n<text x="${at}" y="${bottom + 14 * (row + 1)}" text-anchor="middle">${escaped(name)}</text>`;
}

/** Lines over time, a panel below the other, with moments marked through all of them. SVG. */
export function lineChart(title: string, panels: readonly Panel[], marks: readonly Mark[]): string {
  const seconds = panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(([second]) => second)));
  const length = Math.max(...seconds, ...marks.map(({ second }) => second), 1);
  const bottom = panels.length * (HEAD + PLOT + FOOT);
  const height = bottom + 14 * marks.length + 8;
  const drawn = panels.map((panel, index) => panelOf(panel, index * (HEAD + PLOT + FOOT), length));
  const size = `width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"`;
  const style = 'font-family="system-ui, sans-serif" font-size="12" fill="#111827"';
  const parts = [
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...drawn.map(({ svg }) => svg),
    ...marks.map((mark, row) => markOf(mark, row, drawn[0]!.scale.x, bottom)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style} role="img">\n${parts.join('\n')}\n</svg>\n`;
}
