import type { ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import { tableFormats, type ValueFormat } from '../wording/value-format.ts';
import type { ReportInput } from './report-input.ts';
import { type Row, readRows } from './table-rows.ts';

/** The row with the greatest and the one with the least first metric, of a result with groups. */
export interface MetricExtremes {
  readonly greatest: Row;
  readonly least: Row;
}

/** What every renderer works from. */
export interface ReportView extends ReportInput {
  /** By position in `profile.table.columns`. */
  readonly formats: readonly ValueFormat[];
  /** First rows of the table, at most 1,000 and about 50,000 cells; texts longer than 2,000 characters are cut. */
  readonly preview: readonly Row[];
  /** Absent without groups or where no metric is a number. */
  readonly extremes?: MetricExtremes;
}

const PREVIEW_ROWS = 1_000;
const PREVIEW_CELLS = 50_000;
const FEWEST_PREVIEW_ROWS = 50;
const LONGEST_PREVIEW_TEXT = 2_000;

function previewSize(columns: number): number {
  return Math.max(FEWEST_PREVIEW_ROWS, Math.min(PREVIEW_ROWS, Math.floor(PREVIEW_CELLS / Math.max(1, columns))));
}

/** Position of the first metric in the table, when the result has groups and a metric. */
export function firstMetricIndex({ table, options }: ReportProfile): number | undefined {
  const index = options.group_by.length;
  return table.kind === 'groups' && index > 0 && index < table.columns.length ? index : undefined;
}

/** A cell as a number, for comparing and drawing; exact text values beyond a double are rounded here. */
export function numberOf(cell: unknown): number | undefined {
  const value = typeof cell === 'string' && cell !== '' ? Number(cell) : cell;
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A row for looking at: long texts are cut, as copies, since a mere slice would keep the whole text in memory. */
function shortRow(row: Row): Row {
  return row.map((cell) =>
    typeof cell === 'string' && cell.length > LONGEST_PREVIEW_TEXT
      ? `${Buffer.from(cell.slice(0, LONGEST_PREVIEW_TEXT)).toString()}…`
      : cell,
  );
}

class ExtremesFinder {
  readonly #index: number;
  #greatest: Row | undefined;
  #least: Row | undefined;

  constructor(index: number) {
    this.#index = index;
  }

  add(row: Row): void {
    const value = numberOf(row[this.#index]);
    if (value === undefined) return;
    if (!this.#greatest || value > numberOf(this.#greatest[this.#index])!) this.#greatest = shortRow(row);
    if (!this.#least || value < numberOf(this.#least[this.#index])!) this.#least = shortRow(row);
  }

  get found(): MetricExtremes | undefined {
    return this.#greatest && this.#least ? { greatest: this.#greatest, least: this.#least } : undefined;
  }
}

/** Reads what the renderers need to know of the table before they start: its first rows, and for groups all of them once. */
export async function viewReport(input: ReportInput, signal: AbortSignal): Promise<ReportView> {
  const { profile, tablePath } = input;
  const size = previewSize(profile.table.columns.length);
  const metric = firstMetricIndex(profile);
  const finder = metric === undefined ? undefined : new ExtremesFinder(metric);
  const preview: Row[] = [];
  for await (const rows of readRows(tablePath, profile.table.columns.length)) {
    signal.throwIfAborted();
    if (preview.length < size) preview.push(...rows.slice(0, size - preview.length).map(shortRow));
    if (!finder && preview.length >= size) break;
    for (const row of finder ? rows : []) finder?.add(row);
  }
  const extremes = finder?.found;
  return { ...input, formats: tableFormats(profile, preview), preview, ...(extremes ? { extremes } : {}) };
}
