import type { Cell } from '../../../../shared/domain/report-profile.ts';
import type { DbValue } from './database.ts';
import { SHOWN_CHARACTERS } from './limits.ts';
import type { TypedColumn } from './typed-column.ts';

type Kind = Pick<TypedColumn, 'storage' | 'isZoned'>;

/** Significant digits that a double keeps for certain. */
const SAFE_DIGITS = 15;

/** SQL that gives a value as it leaves the database: dates and times as ISO 8601 text, exact decimals as text. */
export function shownSql(value: string, { storage, isZoned }: Kind): string {
  switch (storage) {
    case 'TIMESTAMP':
      return `replace(CAST(${value} AS VARCHAR), ' ', 'T')${isZoned ? " || 'Z'" : ''}`;
    case 'DATE':
    case 'TIME':
    case 'DECIMAL':
      return `CAST(${value} AS VARCHAR)`;
    default:
      return value;
  }
}

/** The same for the profile, where long texts are cut. */
export function cutSql(value: string, column: Kind): string {
  return column.storage === 'VARCHAR' ? `left(${value}, ${SHOWN_CHARACTERS})` : shownSql(value, column);
}

/** A cell for JSON: integers beyond 2^53 and decimals beyond a double as text. */
export function toCell(value: DbValue | undefined, storage: TypedColumn['storage']): Cell {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (storage !== 'DECIMAL' || typeof value !== 'string') return value;
  // Exact decimals all have the scale of the longest: zeros at the end say nothing.
  const short = value.includes('.') ? value.replace(/\.?0+$/, '') : value;
  const digits = short.replace(/[^0-9]/g, '').replace(/^0+/, '');
  return digits.length <= SAFE_DIGITS ? Number(short) : short;
}

/** A count of the database, which may be any of its integer types. */
export const toCount = (value: DbValue | undefined): number => Number(value ?? 0);
