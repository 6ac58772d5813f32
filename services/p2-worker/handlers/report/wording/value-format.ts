import type { Cell, ColumnProfile, ColumnType, ReportProfile, TableColumn } from '../../../../../shared/domain/report-profile.ts';
import type { Row } from '../input/table-rows.ts';
import { groupDigits, magnitudeOf, NO_VALUE, statText } from './number-text.ts';

/** How the values of one column are shown. */
export interface ValueFormat {
  readonly type: ColumnType;
  /** False for numbers that get no thousands separators: those that name something (ids, codes) or stay below 10,000 (years). */
  readonly isGrouped: boolean;
  /** Decimals that all values of the column are shown with; absent: as many as each value needs. */
  readonly decimals?: number;
}

const NAMES_SOMETHING = /(^|[^a-z])(ids?|uuid|code|zip|zipcode|postcode|year|fips|isbn|ean|gtin|sku|phone|tel|fax)([^a-z]|$)/i;
const CAMEL_ID = /[a-z](Id|ID|Code|Year)$/;
const GROUPED_FROM = 10_000;
const MOST_DECIMALS = 6;
const SIGNIFICANT = 5;
const TIMESTAMP = /^(-?\d{4,}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d+)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;
const ALL_ZEROS = /^\.0+$/;

function isSequence({ type, distinct, count, min, max }: ColumnProfile): boolean {
  return type === 'integer' && count > 2 && distinct === count && Number(max) - Number(min) + 1 === count;
}

/** True for integers that are labels rather than quantities, judged by the column's name and by gapless numbering. */
export function namesSomething(column: ColumnProfile): boolean {
  return column.type === 'integer' && (NAMES_SOMETHING.test(column.name) || CAMEL_ID.test(column.name) || isSequence(column));
}

const isLarge = (cell: Cell | undefined) => Math.abs(Number(cell ?? 0)) >= GROUPED_FROM;

/** Format of a profiled column. */
export function formatOf(column: ColumnProfile): ValueFormat {
  return {
    type: column.type,
    isGrouped: isNumeric(column.type) && (isLarge(column.min) || isLarge(column.max)) && !namesSomething(column),
  };
}

/** A figure of a column (a mean, a quartile) in at most five significant digits, grouped like the column's values. */
export function figureText(value: number, column: ColumnProfile): string {
  return statText(value, undefined, formatOf(column).isGrouped);
}

/** Decimals of a number written without an exponent. */
function shownDecimals(value: number): number {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}

/** Decimals that the shown numbers need so that they line up; undefined where that would hide small values. */
export function commonDecimals(values: readonly number[]): number | undefined {
  const sizes = values.filter((value) => value !== 0 && Number.isFinite(value)).map(Math.abs);
  if (sizes.length === 0) return undefined;
  const largest = magnitudeOf(Math.max(...sizes));
  const smallest = magnitudeOf(Math.min(...sizes));
  if (largest >= 15) return undefined;
  const present = Math.max(...values.map(shownDecimals));
  const wanted = Math.max(SIGNIFICANT - 1 - Math.max(0, largest), 1 - smallest, 0);
  return wanted > MOST_DECIMALS && present > MOST_DECIMALS ? undefined : Math.min(present, wanted);
}

function decimalsOf(rows: readonly Row[], index: number): number | undefined {
  const cells = rows.map((row) => row[index] ?? null).filter((cell) => cell !== null);
  return cells.every((cell) => typeof cell === 'number') ? commonDecimals(cells) : undefined;
}

/** Where a column of the result table comes from: the column that it shows, or the metric that it is. */
interface TableSource {
  readonly column?: ColumnProfile | undefined;
  /** A count is a quantity however small; a least or greatest year is not. */
  readonly isCount: boolean;
}

function tableFormat(column: TableColumn, source: TableSource, rows: readonly Row[], index: number): ValueFormat {
  const isQuantity = isNumeric(column.type) && (source.isCount || rows.some((row) => isLarge(row[index])));
  const format = { type: column.type, isGrouped: source.column ? formatOf(source.column).isGrouped : isQuantity };
  const decimals = column.type === 'decimal' ? decimalsOf(rows, index) : undefined;
  return decimals === undefined ? format : { ...format, decimals };
}

/** Formats of the result table's columns; `rows` are those that will be shown. Metrics are quantities whatever their name. */
export function tableFormats(profile: ReportProfile, rows: readonly Row[]): readonly ValueFormat[] {
  const byName = new Map(profile.columns.map((column) => [column.name, column]));
  const { group_by, metrics } = profile.options;
  const keys = profile.table.kind === 'groups' ? group_by.length : profile.table.columns.length;
  return profile.table.columns.map((column, index) => {
    const fn = metrics[index - keys]?.fn ?? 'count';
    const source = index < keys ? { column: byName.get(column.name), isCount: false } : { isCount: fn.startsWith('count') };
    return tableFormat(column, source, rows, index);
  });
}

function numberText(value: number, { type, isGrouped, decimals }: ValueFormat): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15 && (type === 'integer' || decimals === undefined))
    return isGrouped ? groupDigits(String(value)) : String(value);
  if (decimals === undefined) return statText(value, 8, isGrouped);
  return isGrouped ? groupDigits(value.toFixed(decimals)) : value.toFixed(decimals);
}

function timeText(value: string): string {
  const parts = TIMESTAMP.exec(value);
  if (!parts) return value.replace(/(:\d{2})\.0+$/, '$1');
  const [, day = '', minutes = '', seconds = ':00', fraction = '', zone = ''] = parts;
  return `${day} ${minutes}${seconds}${ALL_ZEROS.test(fraction) ? '' : fraction}${zone === 'Z' ? ' UTC' : zone}`;
}

/** A value as a person reads it. Texts come back as they are; `NO_VALUE` for null. */
export function valueText(value: Cell, format: ValueFormat): string {
  if (value === null || value === undefined) return NO_VALUE;
  if (typeof value === 'number') return numberText(value, format);
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (format.type === 'timestamp' || format.type === 'time') return timeText(value);
  if (format.type === 'integer' || format.type === 'decimal') return format.isGrouped ? groupDigits(value) : value;
  return value;
}

/** A value where there is little room: a number of more than `most` characters is rounded, since a cut one would be wrong. */
export function narrowText(value: Cell, format: ValueFormat, most: number): string {
  const text = valueText(value, format);
  return isNumeric(format.type) && text.length > most ? statText(Number(value)) : text;
}

/** A value in running text or in a chart: texts that would look like nothing are made visible. */
export function labelText(value: Cell, format: ValueFormat): string {
  if (value === '') return '(empty text)';
  if (typeof value === 'string' && value.trim() === '') return `(${value.length} blank character${value.length === 1 ? '' : 's'})`;
  return valueText(value, format);
}

/** True for types whose values are right-aligned. */
export function isNumeric(type: ColumnType): boolean {
  return type === 'integer' || type === 'decimal';
}
