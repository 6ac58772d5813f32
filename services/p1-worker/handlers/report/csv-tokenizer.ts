import { ReportRejection } from './rejection.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Fields of one record; a dataset has far fewer, a wrongly guessed delimiter may give many. */
const MAX_FIELDS = 65_536;

/** How a delimited text is written. Quotes are always `"`. */
export interface CsvDialect {
  /** One of `,` tab `;` `|` and space (runs of spaces count as one). */
  readonly delimiter: string;
  /** How a quote inside quotes is written: doubled, or with a backslash. */
  readonly escape: '"' | '\\';
}

/** One record in a block of bytes. Reused: take what is needed before returning. */
export interface CsvRecord {
  bytes: Buffer;
  fields: number;
  /** Offsets of the content of each field, without its quotes. */
  starts: Int32Array;
  ends: Int32Array;
  /** 1 where the field was in quotes. */
  quoted: Uint8Array;
  /** Line that the record begins on, from 1. */
  line: number;
  /** Bytes with the line break. */
  length: number;
  hasQuotedNewline: boolean;
}

/**
 * Splits UTF-8 bytes into the records of RFC 4180. Beyond it: lone CR ends a record, spaces around quotes are no content, a
 * quote inside an unquoted field is content. It counts lines and line breaks of each kind.
 */
export class CsvTokenizer {
  readonly breaks = { lf: 0, crlf: 0, cr: 0 };
  readonly #delimiter: number;
  readonly #backslash: boolean;
  readonly #record: CsvRecord;
  #line = 1;
  /** Newlines inside quotes of the record being read. */
  #inside = 0;

  constructor(dialect: CsvDialect) {
    this.#delimiter = dialect.delimiter.charCodeAt(0);
    this.#backslash = dialect.escape === '\\';
    this.#record = {
      bytes: Buffer.alloc(0),
      fields: 0,
      starts: new Int32Array(64),
      ends: new Int32Array(64),
      quoted: new Uint8Array(64),
      line: 1,
      length: 0,
      hasQuotedNewline: false,
    };
  }

  /** Line that the next record begins on, from 1. */
  get line(): number {
    return this.#line;
  }

  /**
   * Hands the complete records of `bytes[0..length)` to `onRecord`, which may return false to stop.
   * @returns how many bytes were used up; the rest belongs before the next block.
   * @throws ReportRejection `csv_malformed`, with the line.
   */
  tokenize(bytes: Buffer, length: number, isLast: boolean, onRecord: (record: CsvRecord) => boolean | undefined): number {
    const record = this.#record;
    record.bytes = bytes;
    let position = 0;
    while (position < length) {
      this.#inside = 0;
      const next = this.#readRecord(bytes, position, length, isLast);
      if (next < 0) break;
      record.line = this.#line;
      record.length = next - position;
      record.hasQuotedNewline = this.#inside > 0;
      this.#countBreak(bytes, next);
      position = next;
      if (onRecord(record) === false) break;
    }
    return position;
  }

  #countBreak(bytes: Buffer, next: number): void {
    const last = bytes[next - 1];
    this.#line += this.#inside + 1;
    if (last === CR) this.breaks.cr += 1;
    else if (last === LF && bytes[next - 2] === CR) this.breaks.crlf += 1;
    else if (last === LF) this.breaks.lf += 1;
  }

  /** Reads one record; -1 when the block ends before it does. */
  #readRecord(bytes: Buffer, from: number, length: number, isLast: boolean): number {
    const delimiter = this.#delimiter;
    let position = from;
    for (let field = 0; ; field += 1) {
      if (field >= this.#record.starts.length) this.#grow(field);
      let at = position;
      while (at < length && bytes[at] === SPACE) at += 1;
      if (at < length && bytes[at] === QUOTE) {
        position = this.#readQuoted(bytes, at + 1, length, isLast, field);
        if (position < 0) return -1;
      } else {
        if (delimiter === SPACE) position = at;
        const start = position;
        position = at;
        while (position < length) {
          const byte = bytes[position];
          if (byte === delimiter || byte === LF || byte === CR) break;
          position += 1;
        }
        this.#record.starts[field] = start;
        this.#record.ends[field] = position;
        this.#record.quoted[field] = 0;
      }
      if (position >= length && !isLast) return -1;
      this.#record.fields = field + 1;
      if (position < length && bytes[position] === delimiter) {
        position += 1;
        if (delimiter !== SPACE) continue;
        while (position < length && bytes[position] === SPACE) position += 1;
        if (position < length && bytes[position] !== LF && bytes[position] !== CR) continue;
      }
      return this.#afterBreak(bytes, position, length, isLast);
    }
  }

  #afterBreak(bytes: Buffer, position: number, length: number, isLast: boolean): number {
    if (position >= length) return isLast ? length : -1;
    if (bytes[position] === LF) return position + 1;
    if (position + 1 >= length) return isLast ? length : -1;
    return bytes[position + 1] === LF ? position + 2 : position + 1;
  }

  /** Reads from behind the opening quote to the delimiter or line break behind the closing one; -1 when the block ends first. */
  #readQuoted(bytes: Buffer, from: number, length: number, isLast: boolean, field: number): number {
    const close = this.#closingQuote(bytes, from, length, isLast);
    if (close < 0) {
      if (isLast) throw malformed(`The quote that opens in line ${this.#line} is never closed.`, { line: this.#line });
      return -1;
    }
    let position = close + 1;
    while (position < length && bytes[position] === SPACE && this.#delimiter !== SPACE) position += 1;
    const byte = bytes[position];
    if (position < length && byte !== this.#delimiter && byte !== LF && byte !== CR) {
      const line = this.#line + this.#inside;
      throw malformed(`Line ${line} has text behind a closing quote; a quote inside quotes must be doubled.`, { line });
    }
    this.#record.starts[field] = from;
    this.#record.ends[field] = close;
    this.#record.quoted[field] = 1;
    return position;
  }

  #closingQuote(bytes: Buffer, from: number, length: number, isLast: boolean): number {
    for (let at = from; at < length; at += 1) {
      const byte = bytes[at];
      if (byte === LF) this.#inside += 1;
      else if (byte === CR && bytes[at + 1] !== LF) this.#inside += 1;
      else if (byte === BACKSLASH && this.#backslash) {
        at += 1;
        if (bytes[at] === LF) this.#inside += 1;
      } else if (byte === QUOTE) {
        if (at + 1 >= length && !isLast) return -1;
        if (this.#backslash || at + 1 >= length || bytes[at + 1] !== QUOTE) return at;
        at += 1;
      }
    }
    return -1;
  }

  #grow(field: number): void {
    if (field >= MAX_FIELDS) {
      throw new ReportRejection('too_many_columns', `Line ${this.#line} has more than ${MAX_FIELDS} fields.`, { line: this.#line });
    }
    const record = this.#record;
    const size = field * 2;
    record.starts = grown(record.starts, new Int32Array(size));
    record.ends = grown(record.ends, new Int32Array(size));
    record.quoted = grown(record.quoted, new Uint8Array(size));
  }
}

function grown<T extends Int32Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}

/** True for an empty line, and for one of spaces only. */
export function isBlank(record: CsvRecord): boolean {
  if (record.fields !== 1 || record.quoted[0] === 1) return false;
  for (let at = record.starts[0]!; at < record.ends[0]!; at += 1) {
    const byte = record.bytes[at];
    if (byte !== SPACE && byte !== 0x09) return false;
  }
  return true;
}

/** The text of one field. */
export function fieldText(record: CsvRecord, field: number, dialect: CsvDialect): string {
  const text = record.bytes.toString('utf8', record.starts[field]!, record.ends[field]!);
  if (record.quoted[field] !== 1) return text;
  return dialect.escape === '\\' ? text.replace(/\\(.)/gs, '$1') : text.replaceAll('""', '"');
}

function malformed(message: string, detail: Readonly<Record<string, unknown>>): ReportRejection {
  return new ReportRejection('csv_malformed', message, detail);
}
