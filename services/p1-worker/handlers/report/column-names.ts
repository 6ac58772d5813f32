import { counted } from './counted.ts';
import type { Warnings } from './report-context.ts';

/** Names for columns, and what had to be changed for them. */
export interface ColumnNames {
  readonly names: readonly string[];
  /** Positions, from 0, whose header was empty. */
  readonly unnamed: readonly number[];
  /** Headers that occurred more than once. */
  readonly repeated: readonly string[];
}

/** Trims headers, names empty ones `column_N` (N from 1) and makes repeated ones unique: `name`, `name_2`. */
export function uniqueNames(headers: readonly string[]): ColumnNames {
  const trimmed = headers.map((header) => header.trim());
  const unnamed = trimmed.flatMap((header, index) => (header === '' ? [index] : []));
  const taken = new Set(trimmed);
  const used = new Set<string>();
  const repeated = new Set<string>();
  const free = (base: string) => {
    let number = 2;
    while (taken.has(`${base}_${number}`) || used.has(`${base}_${number}`)) number += 1;
    return `${base}_${number}`;
  };
  const names = trimmed.map((header, index) => {
    const base = header === '' ? `column_${index + 1}` : header;
    const isTaken = used.has(base) || (header === '' && taken.has(base));
    if (isTaken && header !== '') repeated.add(header);
    const name = isTaken ? free(base) : base;
    used.add(name);
    return name;
  });
  return { names, unnamed, repeated: [...repeated] };
}

const NAMED = 10;

/** Unique names, with a warning for the reader of what had to be changed. */
export function namedColumns(headers: readonly string[], warnings: Warnings): readonly string[] {
  const { names, unnamed, repeated } = uniqueNames(headers);
  const list = (some: readonly string[]) =>
    some.slice(0, NAMED).join(', ') + (some.length > NAMED ? ` and ${some.length - NAMED} more` : '');
  if (repeated.length > 0)
    warnings.add(`Headers that occur more than once were numbered: ${list(repeated.map((name) => JSON.stringify(name)))}.`);
  if (unnamed.length > 0)
    warnings.add(
      `${counted(unnamed.length, 'column')} without a header named by position: ${list(unnamed.map((index) => names[index]!))}.`,
    );
  return names;
}
