import type { ColumnProfile, ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { columnChart, sparkline, topValuesNote } from '../chart/column-chart.ts';
import { groupChart } from '../chart/group-chart.ts';
import { approximateText, sceneSvg } from '../chart/svg.ts';
import type { ReportView } from '../input/report-view.ts';
import { columnStats, insteadOfChart } from '../wording/column-stats.ts';
import { DETAILED_COLUMNS, detailNote } from '../wording/detail-note.ts';
import { findings } from '../wording/findings.ts';
import { methodNotes } from '../wording/method-notes.ts';
import { countText, NO_VALUE, percentText } from '../wording/number-text.ts';
import { optionSentences } from '../wording/options-text.ts';
import { shortened } from '../wording/quote.ts';
import { dateText, keyFacts, sourceText, TYPE_NAMES } from '../wording/report-facts.ts';
import { figureText, formatOf, valueText } from '../wording/value-format.ts';
import { escapeHtml } from './escape.ts';

const MOST_BARS = 8;
const CHART = { width: 380, height: 145, fontSize: 12, text: approximateText };
const LONGEST_NAME = 120;
const NONE = `<span class="none">${NO_VALUE}</span>`;

/** A part of the page; `id` is its anchor in the table of contents. */
export interface HtmlSection {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

function list(items: readonly string[], className = 'findings'): string {
  return `<ul class="${className}">${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
}

/** Title, source, date and key figures. */
export function headerHtml(profile: ReportProfile): string {
  const facts = keyFacts(profile).map(
    ({ label, value, note }) =>
      `<div><dt>${escapeHtml(label)}</dt><dd class="value">${escapeHtml(value)}</dd><dd class="note">${escapeHtml(note)}</dd></div>`,
  );
  return [
    `<h1 dir="auto">${escapeHtml(profile.title)}</h1>`,
    `<p class="soft source"><bdi>${escapeHtml(profile.source.name)}</bdi> · ${escapeHtml(sourceText(profile))}</p>`,
    `<p class="soft">Report of <time datetime="${escapeHtml(profile.createdAt)}">${escapeHtml(dateText(profile.createdAt))}</time></p>`,
    `<dl class="facts">${facts.join('')}</dl>`,
  ].join('\n');
}

/** Warnings about the source; empty without any. */
export function warningsHtml({ warnings }: ReportProfile): string {
  if (warnings.length === 0) return '';
  return `<aside class="warnings" aria-labelledby="notes-on-the-data"><h2 id="notes-on-the-data">Notes on the data</h2>${list(warnings, 'notes')}</aside>`;
}

export function findingsSection(view: ReportView): HtmlSection | undefined {
  const found = findings(view);
  return found.length === 0 ? undefined : { id: 'findings', title: 'Findings', body: list(found) };
}

export function requestSection({ profile }: ReportView): HtmlSection | undefined {
  const asked = optionSentences(profile);
  return asked.length === 0 ? undefined : { id: 'request', title: 'What was asked for', body: list(asked) };
}

export function methodSection({ profile }: ReportView): HtmlSection {
  return { id: 'method', title: 'Method', body: `<div class="soft small wide">${list(methodNotes(profile))}</div>` };
}

/** The chart of a grouped result; empty without one. */
export function groupFigure(view: ReportView): string {
  const chart = groupChart(view);
  if (!chart) return '';
  // Text in a drawing shrinks with it: a phone gets a drawing of its own.
  const large = sceneSvg(chart.draw({ width: 736, height: 260, fontSize: 13, text: approximateText }), 'chart large');
  const small = sceneSvg(chart.draw({ width: 350, height: 220, fontSize: 11.5, text: approximateText }));
  const drawings = `<div class="wide-only">${large}</div><div class="narrow-only">${small}</div>`;
  return `<figure>${drawings}<figcaption>${escapeHtml(chart.caption)}</figcaption></figure>`;
}

function overviewRow(column: ColumnProfile): string {
  const format = formatOf(column);
  const hasRange = column.type !== 'text' && column.type !== 'nested' && column.type !== 'boolean';
  const edge = (value: ColumnProfile['min']) => (hasRange && value !== null ? escapeHtml(valueText(value, format)) : NONE);
  const spark = sparkline(column, 72, 18);
  const cells = [
    column.nulls === 0 ? NONE : escapeHtml(percentText(column.nulls, column.nulls + column.count)),
    countText(column.distinct),
    edge(column.min),
    column.quartiles ? escapeHtml(figureText(column.quartiles.p50, column)) : NONE,
    edge(column.max),
  ].map((cell) => `<td class="num">${cell}</td>`);
  const name = `<th scope="row" dir="auto"><span>${escapeHtml(shortened(column.name, LONGEST_NAME))}</span></th>`;
  return `<tr><td class="idx num none">${column.index + 1}</td>${name}<td>${TYPE_NAMES[column.type]}</td>${cells.join('')}<td>${spark ? sceneSvg(spark, 'spark') : ''}</td></tr>`;
}

const OVERVIEW_HEAD = ['Missing', 'Distinct', 'Minimum', 'Median', 'Maximum']
  .map((name) => `<th scope="col" class="num">${name}</th>`)
  .join('');

export function overviewSection({ profile }: ReportView): HtmlSection | undefined {
  if (profile.columns.length === 0) return undefined;
  const head = `<tr><th scope="col" class="idx num">#</th><th scope="col" class="name">Column</th><th scope="col">Type</th>${OVERVIEW_HEAD}<th scope="col">Shape</th></tr>`;
  const body = profile.columns.map(overviewRow).join('\n');
  const table = `<table><thead>${head}</thead><tbody>${body}</tbody></table>`;
  return {
    id: 'columns',
    title: 'Columns at a glance',
    body: `<div class="scroll" tabindex="0" role="region" aria-label="Columns">${table}</div>`,
  };
}

function chartHtml(column: ColumnProfile): string {
  const sentence = insteadOfChart(column);
  if (sentence !== undefined) return `<p class="soft small">${escapeHtml(sentence)}</p>`;
  const note = column.histogram ? undefined : topValuesNote(column, MOST_BARS);
  const caption = note === undefined ? '' : `<figcaption>${escapeHtml(note)}</figcaption>`;
  return `<figure>${sceneSvg(columnChart(column, { ...CHART, mostBars: MOST_BARS }))}${caption}</figure>`;
}

function card(column: ColumnProfile): string {
  const stats = columnStats(column).map(({ label, value }) => `<div><dt>${label}</dt><dd dir="auto">${escapeHtml(value)}</dd></div>`);
  const head = `<div class="card-head"><h3 dir="auto">${escapeHtml(column.name)}</h3><span>${TYPE_NAMES[column.type]}</span></div>`;
  return `<article class="card" id="column-${column.index + 1}">${head}${chartHtml(column)}<dl class="stats">${stats.join('')}</dl></article>`;
}

export function detailSection({ profile }: ReportView): HtmlSection | undefined {
  if (profile.columns.length === 0) return undefined;
  const note = detailNote(profile);
  const cards = profile.columns.slice(0, DETAILED_COLUMNS).map(card).join('\n');
  return {
    id: 'details',
    title: 'Column by column',
    body: `${note ? `<p class="soft small">${escapeHtml(note)}</p>` : ''}<div class="cards">${cards}</div>`,
  };
}
