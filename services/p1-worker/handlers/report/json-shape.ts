import { fileBlocks } from './file-blocks.ts';

/** A member of the top-level object that is an array. */
export interface ArrayMember {
  readonly key: string;
  /** Byte offsets of `[` and of the byte behind `]`. */
  readonly start: number;
  readonly end: number;
  /** Its first element is an object. */
  readonly hasObjects: boolean;
}

/** What the first JSON value of a text is, and what stands behind it. */
export interface JsonShape {
  readonly first: 'array' | 'object' | 'other';
  /** Arrays directly below the first object; empty when the text goes on with further values. */
  readonly arrays: readonly ArrayMember[];
  /** `lines`: further values, each in a line of its own; `values`: further values across lines; `none`. */
  readonly more: 'lines' | 'values' | 'none';
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LF = 0x0a;
const isSpace = (byte: number) => byte === 0x20 || byte === LF || byte === 0x0d || byte === 0x09;

/** Follows the nesting of a JSON text byte by byte; it does not check the syntax. */
class ShapeReader {
  first: JsonShape['first'] | undefined;
  more: JsonShape['more'] = 'none';
  readonly arrays: { key: string; start: number; end: number; hasObjects: boolean }[] = [];
  #depth = 0;
  #inString = false;
  #escaped = false;
  #hasNewline = false;
  #firstEnded = false;
  /** Text of the last string at depth 1: the key of what follows. */
  #key: number[] = [];
  #awaitsElement = false;

  /** @returns true when no more bytes are needed. */
  read(block: Buffer, offset: number): boolean {
    for (let at = 0; at < block.length; at += 1) {
      const byte = block[at]!;
      if (this.#inString) this.#readString(byte);
      else if (this.#firstEnded) {
        if (isSpace(byte)) continue;
        this.more = this.#hasNewline ? 'values' : 'lines';
        return true;
      } else if (this.#readToken(byte, offset + at)) return true;
    }
    return false;
  }

  #readString(byte: number): void {
    if (this.#depth === 1) this.#key.push(byte);
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) {
      this.#inString = false;
      if (this.#depth === 1) this.#key.pop();
    }
  }

  #readToken(byte: number, position: number): boolean {
    if (byte === LF) this.#hasNewline ||= this.first !== undefined;
    if (isSpace(byte)) return false;
    this.first ??= byte === 0x5b ? 'array' : byte === 0x7b ? 'object' : 'other';
    if (this.first !== 'object') return true;
    this.#noteElement(byte);
    if (byte === QUOTE) {
      this.#inString = true;
      if (this.#depth === 1) this.#key = [];
    } else if (byte === 0x7b || byte === 0x5b) this.#open(byte, position);
    else if (byte === 0x7d || byte === 0x5d) this.#close(byte, position);
    return false;
  }

  #noteElement(byte: number): void {
    if (!this.#awaitsElement) return;
    this.#awaitsElement = false;
    if (byte === 0x7b) this.arrays.at(-1)!.hasObjects = true;
  }

  #open(byte: number, position: number): void {
    if (byte === 0x5b && this.#depth === 1) {
      this.arrays.push({ key: keyText(this.#key), start: position, end: -1, hasObjects: false });
      this.#awaitsElement = true;
    }
    this.#depth += 1;
  }

  #close(byte: number, position: number): void {
    this.#depth -= 1;
    const open = this.arrays.at(-1);
    if (byte === 0x5d && this.#depth === 1 && open?.end === -1) open.end = position + 1;
    if (this.#depth === 0) this.#firstEnded = true;
  }
}

function keyText(bytes: readonly number[]): string {
  const raw = Buffer.from(bytes).toString('utf8');
  try {
    return JSON.parse(`"${raw}"`) as string;
  } catch {
    return raw;
  }
}

/** Reads as much of a JSON text as is needed to know its shape: an object to its end, an array not at all. */
export async function readJsonShape(path: string, start: number, signal: AbortSignal): Promise<JsonShape> {
  const reader = new ShapeReader();
  let offset = start;
  for await (const block of fileBlocks(path, signal, start)) {
    if (reader.read(block, offset)) break;
    offset += block.length;
  }
  const arrays = reader.more === 'none' ? reader.arrays.filter(({ end }) => end > 0) : [];
  return { first: reader.first ?? 'other', arrays, more: reader.more };
}
