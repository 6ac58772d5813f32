import { closeSync, openSync, writeSync } from 'node:fs';
import { noObject, parseJson } from './json-failure.ts';
import { compactJson, jsonMembers } from './json-members.ts';
import { MAX_COLUMNS } from './limits.ts';
import { ReportRejection } from './rejection.ts';

/** What the values of a column are; `mixed` when they are of several kinds, `none` when all are null. */
export type JsonKind = 'text' | 'number' | 'boolean' | 'nested' | 'mixed' | 'none';

interface JsonColumn {
  readonly key: string;
  readonly index: number;
  kind: JsonKind;
}

/** What was written. */
export interface JsonRows {
  readonly rows: number;
  readonly columns: readonly { readonly key: string; readonly kind: JsonKind }[];
  readonly hasLineBreaks: boolean;
  readonly longestRowBytes: number;
}

const FLUSH_CHARACTERS = 262_144;
/** So many digits and points in a row may be a number that a double does not keep. */
const LONG_NUMBER = /[\d.]{16}/;

/** A nested value without white space between its tokens, so that equal values are equal texts; long numbers keep their digits. */
function nestedText(raw: string | undefined, value: unknown): string {
  if (raw !== undefined && LONG_NUMBER.test(raw)) return compactJson(raw);
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (error instanceof RangeError) throw new ReportRejection('json_malformed', 'A value of the JSON is nested too deeply.');
    throw error;
  }
}

/**
 * Writes JSON objects as CSV: a mark, then a column a key, in the order of their first appearance, rows as long as there are
 * columns so far. Numbers keep all their digits, nested values their JSON text, and null is an empty field without quotes.
 */
export class JsonRowWriter {
  // Synchronous writes: rows arrive in a callback, and what is pending is small.
  readonly #out: number;
  readonly #columns = new Map<string, JsonColumn>();
  #pending = '';
  #rows = 0;
  #hasLineBreaks = false;
  #longestRow = 0;

  constructor(path: string) {
    this.#out = openSync(path, 'w');
  }

  /** @throws ReportRejection for broken JSON, values that are no objects, and too many keys. */
  add(text: string, line: number): void {
    const row = parseJson(text, line);
    this.#rows += 1;
    if (typeof row !== 'object' || row === null || Array.isArray(row)) throw noObject(this.#rows);
    const cells =
      LONG_NUMBER.test(text) || !this.#knowsAll(row) ? this.#exactCells(text) : this.#quickCells(row as Record<string, unknown>);
    // The mark keeps rows without values from being blank lines, which are no rows.
    const written = `r,${cells.join(',')}\n`;
    this.#longestRow = Math.max(this.#longestRow, written.length);
    this.#pending += written;
    if (this.#pending.length >= FLUSH_CHARACTERS) this.#flush();
  }

  finish(): JsonRows {
    this.#flush();
    const columns = [...this.#columns.values()].map(({ key, kind }) => ({ key, kind }));
    // A character is at most three bytes of UTF-8 for each unit of the string.
    return { rows: this.#rows, columns, hasLineBreaks: this.#hasLineBreaks, longestRowBytes: this.#longestRow * 3 };
  }

  close(): void {
    closeSync(this.#out);
  }

  #flush(): void {
    writeSync(this.#out, this.#pending);
    this.#pending = '';
  }

  /** New keys must come in the order of the text; an object of the runtime has numbers first. */
  #knowsAll(row: object): boolean {
    for (const key in row) if (!this.#columns.has(key)) return false;
    return true;
  }

  #quickCells(row: Record<string, unknown>): string[] {
    const cells = this.#emptyCells();
    for (const key in row) {
      const value = row[key];
      if (value !== null) cells[this.#columnOf(key).index] = this.#cell(key, value, undefined);
    }
    return cells;
  }

  #exactCells(text: string): string[] {
    const members = new Map(jsonMembers(text));
    for (const key of members.keys()) this.#columnOf(key);
    const cells = this.#emptyCells();
    for (const [key, raw] of members) {
      if (raw === 'null') continue;
      const isNumber = /^[-\d]/.test(raw);
      cells[this.#columnOf(key).index] = this.#cell(key, isNumber ? 0 : (JSON.parse(raw) as unknown), raw);
    }
    return cells;
  }

  #emptyCells(): string[] {
    return new Array<string>(this.#columns.size).fill('');
  }

  #columnOf(key: string): JsonColumn {
    const known = this.#columns.get(key);
    if (known) return known;
    if (this.#columns.size >= MAX_COLUMNS) {
      const message = `The objects have more than ${MAX_COLUMNS} different keys; so many columns are allowed at most.`;
      throw new ReportRejection('too_many_columns', message, { row: this.#rows, max_columns: MAX_COLUMNS });
    }
    const column: JsonColumn = { key, index: this.#columns.size, kind: 'none' };
    this.#columns.set(key, column);
    return column;
  }

  /** @param raw The value's own text, where its digits matter. */
  #cell(key: string, value: unknown, raw: string | undefined): string {
    switch (typeof value) {
      case 'string':
        this.#note(key, 'text');
        return this.#quoted(value);
      case 'number':
        this.#note(key, 'number');
        return raw ?? String(value);
      case 'boolean':
        this.#note(key, 'boolean');
        return String(value);
      default:
        this.#note(key, 'nested');
        return this.#quoted(nestedText(raw, value));
    }
  }

  #quoted(text: string): string {
    if (!this.#hasLineBreaks && /[\r\n]/.test(text)) this.#hasLineBreaks = true;
    return `"${text.includes('"') ? text.replaceAll('"', '""') : text}"`;
  }

  #note(key: string, kind: JsonKind): void {
    const column = this.#columnOf(key);
    if (column.kind === 'none') column.kind = kind;
    else if (column.kind !== kind) column.kind = 'mixed';
  }
}
