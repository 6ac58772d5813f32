import type { ReportView } from '../input/report-view.ts';
import type { Row } from '../input/table-rows.ts';
import { NO_VALUE } from '../wording/number-text.ts';
import { shortened } from '../wording/quote.ts';
import { rowSentence } from '../wording/row-sentence.ts';
import { isNumeric, valueText } from '../wording/value-format.ts';
import { escapeHtml } from './escape.ts';
import { groupFigure, type HtmlSection } from './html-sections.ts';

const MOST_COLUMNS = 100;
const LONGEST_CELL = 500;
const LONGEST_NAME = 120;

function cellHtml(view: ReportView, row: Row, index: number): string {
  const { type } = view.profile.table.columns[index]!;
  const value = row[index] ?? null;
  const className = isNumeric(type) ? 'num' : type === 'text' || type === 'nested' ? 'text' : '';
  if (value === null) return `<td class="${className} none">${NO_VALUE}</td>`;
  const text = escapeHtml(shortened(valueText(value, view.formats[index]!), LONGEST_CELL));
  return className === 'text' ? `<td class="text" dir="auto">${text}</td>` : `<td class="${className}">${text}</td>`;
}

/** The result table: at most the rows of the preview and 100 columns, with a sentence that says which. */
export function tableSectionHtml(view: ReportView): HtmlSection {
  const { table } = view.profile;
  const isGroups = table.kind === 'groups';
  const columns = table.columns.slice(0, MOST_COLUMNS);
  const sentence = `<p class="soft small">${escapeHtml(rowSentence(view.profile, { rows: view.preview.length, columns: columns.length }))}</p>`;
  const head = columns.map(
    ({ name, type }) =>
      `<th scope="col" dir="auto"${isNumeric(type) ? ' class="num"' : ''}><span>${escapeHtml(shortened(name, LONGEST_NAME))}</span></th>`,
  );
  const rows = view.preview.map(
    (row, number) =>
      `<tr><td class="idx num none">${number + 1}</td>${columns.map((_, index) => cellHtml(view, row, index)).join('')}</tr>`,
  );
  const body = `<table><thead><tr><th scope="col" class="idx num">#</th>${head.join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table>`;
  const region = `<div class="scroll" tabindex="0" role="region" aria-label="${isGroups ? 'Result' : 'Rows'}">${body}</div>`;
  return {
    id: 'table',
    title: isGroups ? 'Result' : 'Rows',
    body: `${isGroups ? groupFigure(view) : ''}${sentence}${view.preview.length > 0 ? region : ''}`,
  };
}
