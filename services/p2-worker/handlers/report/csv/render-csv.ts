import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { ColumnProfile, ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import type { ReportView } from '../input/report-view.ts';
import { readRows } from '../input/table-rows.ts';
import { BYTE_ORDER_MARK, csvField, LINE_END, textField } from './csv-text.ts';

async function* tableLines({ profile, tablePath }: ReportView, signal: AbortSignal): AsyncGenerator<string> {
  const { columns } = profile.table;
  yield `${BYTE_ORDER_MARK}${columns.map(({ name }) => textField(name)).join(',')}${LINE_END}`;
  for await (const rows of readRows(tablePath, columns.length)) {
    signal.throwIfAborted();
    let text = '';
    for (const row of rows) text += `${columns.map(({ type }, index) => csvField(row[index] ?? null, type)).join(',')}${LINE_END}`;
    yield text;
  }
}

type Figure = readonly [header: string, field: (column: ColumnProfile) => string];

const number = (value: number | null | undefined) => (value === null || value === undefined ? '' : String(value));

const FIGURES: readonly Figure[] = [
  ['column', ({ name }) => textField(name)],
  ['type', ({ type }) => type],
  ['count', ({ count }) => number(count)],
  ['missing', ({ nulls }) => number(nulls)],
  ['distinct', ({ distinct }) => number(distinct)],
  ['min', ({ min, type }) => csvField(min, type)],
  ['p25', ({ quartiles }) => number(quartiles?.p25)],
  ['median', ({ quartiles }) => number(quartiles?.p50)],
  ['mean', ({ mean }) => number(mean)],
  ['p75', ({ quartiles }) => number(quartiles?.p75)],
  ['max', ({ max, type }) => csvField(max, type)],
  ['stddev', ({ stddev }) => number(stddev)],
  ['min_length', ({ lengths }) => number(lengths?.min)],
  ['max_length', ({ lengths }) => number(lengths?.max)],
  ['mean_length', ({ lengths }) => number(lengths?.mean)],
  ['top_value', ({ top, type }) => csvField(top[0]?.value ?? null, type)],
  ['top_count', ({ top }) => number(top[0]?.count)],
];

function* columnLines({ columns }: ReportProfile): Generator<string> {
  yield `${BYTE_ORDER_MARK}${FIGURES.map(([header]) => header).join(',')}${LINE_END}`;
  for (const column of columns) yield `${FIGURES.map(([, field]) => field(column)).join(',')}${LINE_END}`;
}

/** Writes every stored row of the table: UTF-8 with a byte order mark, CRLF, RFC 4180. */
export async function renderTableCsv(view: ReportView, path: string, signal: AbortSignal): Promise<void> {
  await pipeline(tableLines(view, signal), createWriteStream(path));
}

/** Writes the figures of every column, unrounded. */
export async function renderColumnsCsv({ profile }: ReportView, path: string): Promise<void> {
  await pipeline(columnLines(profile), createWriteStream(path));
}
