import type { ColumnProfile } from '../../../../../shared/domain/report-profile.ts';
import { barChartHeight } from '../chart/bar-chart.ts';
import { columnChart, topValuesNote } from '../chart/column-chart.ts';
import { columnStats, insteadOfChart } from '../wording/column-stats.ts';
import { TYPE_NAMES } from '../wording/report-facts.ts';
import type { PageFlow } from './page-flow.ts';
import { drawScene } from './pdf-scene.ts';
import { COLORS } from './pdf-style.ts';
import type { Tag } from './pdf-tags.ts';

const STATS = { width: 178, line: 11.5, size: 8 };
const CHART = { left: 200, height: 104, fontSize: 7 };
const MOST_BARS = 8;
const HEAD = 20;
const GAP = 14;

function chartHeight(column: ColumnProfile): number {
  if (insteadOfChart(column) !== undefined) return 0;
  if (column.histogram) return CHART.height;
  return barChartHeight(Math.min(MOST_BARS, column.top.length), CHART.fontSize) + (topValuesNote(column, MOST_BARS) ? 14 : 0);
}

function head(flow: PageFlow, column: ColumnProfile, parent: Tag): void {
  const { canvas, tags, left, width, y } = flow;
  if (!flow.isAtTop)
    tags.artifact('Layout', () =>
      canvas.line(
        [
          [left, y],
          [left + width, y],
        ],
        COLORS.rule,
        0.75,
      ),
    );
  const type = TYPE_NAMES[column.type];
  const typeWidth = canvas.widthOf(type, 8) + 10;
  const name = canvas.fit(column.name, width - typeWidth, 10.5, 'strong');
  tags.leaf('H3', parent, () => canvas.text(name, left, y + 14, { size: 10.5, weight: 'strong', color: COLORS.ink }));
  tags.leaf('P', parent, () => canvas.text(type, left + width, y + 14, { size: 8, color: COLORS.soft, anchor: 'end' }));
}

function stats(flow: PageFlow, column: ColumnProfile, top: number, parent: Tag): void {
  const { canvas, tags, left } = flow;
  const table = tags.element('Table', parent);
  columnStats(column).forEach(({ label, value }, index) => {
    const baseline = top + (index + 1) * STATS.line - 3;
    const row = tags.element('TR', table);
    tags.leaf('TH', row, () => canvas.text(label, left, baseline, { size: STATS.size, color: COLORS.soft }), { scope: 'Row' });
    const room = STATS.width - canvas.widthOf(label, STATS.size) - 8;
    const shown = canvas.fit(value, room, STATS.size);
    tags.leaf('TD', row, () => canvas.text(shown, left + STATS.width, baseline, { size: STATS.size, color: COLORS.ink, anchor: 'end' }));
    row.end();
  });
  table.end();
}

function chart(flow: PageFlow, column: ColumnProfile, top: number, parent: Tag): void {
  const { canvas, tags } = flow;
  const [x, width] = [flow.left + CHART.left, flow.width - CHART.left];
  const sentence = insteadOfChart(column);
  if (sentence !== undefined) {
    const style = { size: STATS.size, color: COLORS.soft };
    tags.leaf('P', parent, () => {
      const lines = canvas.wrap(sentence, width, STATS.size, 'regular', 4);
      for (const [index, line] of lines.entries()) canvas.text(line, x, top + (index + 1) * STATS.line - 3, style);
    });
    return;
  }
  const scene = columnChart(column, { width, height: CHART.height, fontSize: CHART.fontSize, text: canvas.measure, mostBars: MOST_BARS });
  const bbox = [x, top, x + width, top + scene.height];
  tags.leaf('Figure', parent, () => drawScene(canvas, scene, x, top + 2), { alt: scene.alt, bbox });
  const note = column.histogram ? undefined : topValuesNote(column, MOST_BARS);
  const style = { size: CHART.fontSize, color: COLORS.soft };
  if (note) tags.leaf('P', parent, () => canvas.text(canvas.fit(note, width, CHART.fontSize), x, top + scene.height + 12, style));
}

/** Figures on the left, a chart on the right, for each column. */
export function columnCards(flow: PageFlow, columns: readonly ColumnProfile[], parent: Tag): void {
  for (const column of columns) {
    const height = HEAD + Math.max(columnStats(column).length * STATS.line, chartHeight(column)) + GAP;
    flow.need(height);
    flow.bookmark('item', column.name);
    const card = flow.tags.element('Sect', parent);
    head(flow, column, card);
    stats(flow, column, flow.y + HEAD, card);
    chart(flow, column, flow.y + HEAD, card);
    card.end();
    flow.y += height;
  }
}
