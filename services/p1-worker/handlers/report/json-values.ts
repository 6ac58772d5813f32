import { fileBlocks } from './file-blocks.ts';
import { brokenJson, noObject } from './json-failure.ts';
import type { JsonSource } from './json-source.ts';
import { MAX_RECORD_BYTES } from './limits.ts';
import { ReportRejection } from './rejection.ts';

/** Told each row's text and the line that it begins on. */
export type OnJsonText = (text: string, line: number) => void;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const isSpace = (byte: number) => byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;

/**
 * Hands over the texts of the rows one by one, in the memory of one of them and a block.
 * @throws ReportRejection `json_malformed`, `json_not_tabular`, `record_too_long`.
 */
export async function readJsonTexts(
  source: JsonSource,
  signal: AbortSignal,
  onText: OnJsonText,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const reader = source.layout === 'lines' ? new LineReader(onText) : new ObjectReader(onText, source.layout === 'array');
  let read = 0;
  for await (const block of fileBlocks(source.path, signal, source.start, source.end)) {
    reader.read(block);
    read += block.length;
    onBytes(read);
  }
  reader.end();
}

/** The bytes of a row that goes on over blocks. */
class PendingBytes {
  #parts: Buffer[] = [];
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Keeps a copy: blocks are used again. */
  keep(bytes: Buffer, line: number): void {
    this.#length += bytes.length;
    if (this.#length > MAX_RECORD_BYTES) {
      const message = `The JSON object that begins in line ${line} is longer than ${MAX_RECORD_BYTES} bytes.`;
      throw new ReportRejection('record_too_long', message, { line, max_bytes: MAX_RECORD_BYTES });
    }
    this.#parts.push(Buffer.from(bytes));
  }

  /** What was kept and the rest, as text. */
  take(rest: Buffer): string {
    if (this.isEmpty) return rest.toString('utf8');
    const text = Buffer.concat([...this.#parts, rest]).toString('utf8');
    this.#parts = [];
    this.#length = 0;
    return text;
  }
}

/** One row a line; blank lines are no rows. */
class LineReader {
  readonly #onText: OnJsonText;
  readonly #pending = new PendingBytes();
  #line = 1;

  constructor(onText: OnJsonText) {
    this.#onText = onText;
  }

  read(block: Buffer): void {
    let at = 0;
    for (let newline = block.indexOf(LF); newline >= 0; newline = block.indexOf(LF, at)) {
      this.#emit(block.subarray(at, newline));
      this.#line += 1;
      at = newline + 1;
    }
    if (at < block.length) this.#pending.keep(block.subarray(at), this.#line);
  }

  end(): void {
    if (!this.#pending.isEmpty) this.#emit(Buffer.alloc(0));
  }

  #emit(rest: Buffer): void {
    const text = this.#pending.take(rest);
    if (text.trim() !== '') this.#onText(text, this.#line);
  }
}

/** Objects of one array, or one after the other; their ends are found by counting brackets outside strings. */
class ObjectReader {
  readonly #onText: OnJsonText;
  readonly #isArray: boolean;
  readonly #pending = new PendingBytes();
  /** `open`: the array's bracket; `value`; `next`: a comma or the end; `done`: nothing more. */
  #expected: 'open' | 'value' | 'next' | 'done';
  #hasComma = false;
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #line = 1;
  #firstLine = 1;
  #row = 0;

  constructor(onText: OnJsonText, isArray: boolean) {
    this.#onText = onText;
    this.#isArray = isArray;
    this.#expected = isArray ? 'open' : 'value';
  }

  read(block: Buffer): void {
    let start = this.#depth > 0 ? 0 : -1;
    for (let at = 0; at < block.length; at += 1) {
      const byte = block[at]!;
      if (byte === LF) this.#line += 1;
      if (this.#depth === 0) {
        if (!this.#between(byte)) continue;
        start = at;
      } else if (this.#inside(byte)) {
        this.#onText(this.#pending.take(block.subarray(start, at + 1)), this.#firstLine);
        start = -1;
      }
    }
    if (start >= 0) this.#pending.keep(block.subarray(start), this.#firstLine);
  }

  /** A byte between the rows; true when a row begins with it. */
  #between(byte: number): boolean {
    if (isSpace(byte)) return false;
    if (this.#expected === 'open' && byte === 0x5b) this.#expected = 'value';
    else if (this.#expected === 'next' && byte === COMMA) {
      this.#expected = 'value';
      this.#hasComma = true;
    } else if (this.#isArray && byte === 0x5d && (this.#expected === 'next' || (this.#expected === 'value' && !this.#hasComma)))
      this.#expected = 'done';
    else if (this.#expected === 'value') return this.#begin(byte);
    else throw this.#unexpected(byte);
    return false;
  }

  #begin(byte: number): boolean {
    this.#row += 1;
    if (byte !== 0x7b) throw /[[\d"tfn-]/.test(String.fromCharCode(byte)) ? noObject(this.#row) : this.#unexpected(byte);
    this.#depth = 1;
    this.#firstLine = this.#line;
    return true;
  }

  /** A byte of a row; true when the row ends with it. */
  #inside(byte: number): boolean {
    if (this.#inString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (byte === BACKSLASH) this.#isEscaped = true;
      else if (byte === QUOTE) this.#inString = false;
      return false;
    }
    if (byte === QUOTE) this.#inString = true;
    else if (byte === 0x7b || byte === 0x5b) this.#depth += 1;
    else if (byte === 0x7d || byte === 0x5d) this.#depth -= 1;
    if (this.#depth > 0) return false;
    this.#expected = this.#isArray ? 'next' : 'value';
    return true;
  }

  end(): void {
    const isWhole = this.#depth === 0 && (this.#expected === 'done' || !this.#isArray);
    if (!isWhole) throw brokenJson(this.#line, 'it ends too early');
  }

  #unexpected(byte: number): ReportRejection {
    const character = byte < 0x80 ? JSON.stringify(String.fromCharCode(byte)) : 'character';
    return brokenJson(this.#line, `unexpected ${character}`);
  }
}
