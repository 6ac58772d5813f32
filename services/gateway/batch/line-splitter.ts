const NEWLINE = 0x0a;
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0d]);

/** A line of NDJSON that is not blank. `number` counts all lines from 1; `bytes` is absent where it was longer than the limit. */
export interface Line {
  readonly number: number;
  readonly bytes?: Buffer;
}

/**
 * Splits a stream of bytes into lines at `\n`, wherever the chunks end, and leaves out blank ones. A line beyond the limit
 * is given without its bytes as soon as it is known to be too long; the rest of it is skipped.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #parts: Buffer[] = [];
  #size = 0;
  #number = 1;

  /** @param maxLineBytes without the newline, from 1. */
  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** The lines that end in this chunk, which must not be changed afterwards. Take all before the next call. */
  *push(chunk: Buffer): Generator<Line> {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      yield* this.#take(chunk.subarray(from, at));
      yield* this.end();
      from = at + 1;
    }
    yield* this.#take(chunk.subarray(from));
  }

  /** The line that no newline has ended, if there is one; a new one begins. */
  *end(): Generator<Line> {
    const parts = this.#parts;
    const number = this.#number;
    this.#parts = [];
    this.#size = 0;
    this.#number += 1;
    if (parts.some(hasContent)) yield { number, bytes: parts.length === 1 ? parts[0]! : Buffer.concat(parts) };
  }

  *#take(part: Buffer): Generator<Line> {
    const isSkipping = this.#size > this.#maxLineBytes;
    this.#size += part.length;
    if (isSkipping || part.length === 0) return;
    if (this.#size <= this.#maxLineBytes) {
      this.#parts.push(part);
      return;
    }
    this.#parts = [];
    yield { number: this.#number };
  }
}

function hasContent(part: Buffer): boolean {
  for (const byte of part) if (!BLANKS.has(byte)) return true;
  return false;
}
