import { isAscii, isUtf8 } from 'node:buffer';
import { fileBlocks } from './file-blocks.ts';

/** Bytes of lines with bytes beyond ASCII that the detector is given. */
const SAMPLE_BYTES = 131_072;
/** Enough valid sequences to tell UTF-8 with a few broken bytes from an 8-bit encoding. */
const COUNTED_SEQUENCES = 100_000;

/** From here on a file with fewer valid sequences than broken bytes is not UTF-8, whatever follows. */
const ENOUGH_BROKEN = 10_000;

/** What a whole file's bytes say about its encoding. */
export interface Utf8Survey {
  readonly isUtf8: boolean;
  /** Bytes beyond ASCII that are no valid UTF-8. */
  readonly brokenBytes: number;
  /** Valid UTF-8 sequences of two bytes and more, counted up to 100,000. */
  readonly sequences: number;
  /** Offset of the first NUL byte, or -1. */
  readonly firstNul: number;
  /** Whole lines that hold bytes beyond ASCII. */
  readonly sample: Buffer;
  /** Escape sequences of ISO-2022 were seen. */
  readonly hasIso2022: boolean;
}

/** Length of the UTF-8 sequence that begins with this byte; 0 for a byte that begins none. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/** Where a sequence that the block cuts off begins; the block's length when none is. */
function wholeEnd(block: Buffer): number {
  for (let back = 1; back <= 3 && back <= block.length; back += 1) {
    const byte = block[block.length - back]!;
    if (byte < 0x80) return block.length;
    if (byte >= 0xc0) return sequenceLength(byte) > back ? block.length - back : block.length;
  }
  return block.length;
}

/** Counts valid sequences and broken bytes, one by one. */
function countSequences(bytes: Buffer): { sequences: number; broken: number } {
  let sequences = 0;
  let broken = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at]!);
    if (length === 1) {
      at += 1;
    } else if (length > 1 && isUtf8(bytes.subarray(at, at + length))) {
      sequences += 1;
      at += length;
    } else {
      broken += 1;
      at += 1;
    }
  }
  return { sequences, broken };
}

/** Collects whole lines with bytes beyond ASCII, up to a size. */
class LineSample {
  readonly #lines: Buffer[] = [];
  #bytes = 0;

  add(block: Buffer): void {
    for (let at = 0; at < block.length && this.#bytes < SAMPLE_BYTES; ) {
      const newline = block.indexOf(0x0a, at);
      const end = newline < 0 ? block.length : newline + 1;
      const line = block.subarray(at, Math.min(end, at + 4_096));
      if (!isAscii(line)) {
        this.#lines.push(Buffer.from(line));
        this.#bytes += line.length;
      }
      at = end;
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.#lines);
  }
}

const ISO_2022 = [Buffer.from('\x1b$B'), Buffer.from('\x1b$@'), Buffer.from('\x1b(J')];

/** Reads the whole file once: is it UTF-8, has it NUL bytes, which lines would tell another encoding. */
export async function surveyUtf8(path: string, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<Utf8Survey> {
  const sample = new LineSample();
  let carry: Buffer = Buffer.alloc(0);
  const seen = { brokenBytes: 0, sequences: 0, firstNul: -1, hasIso2022: false };
  let offset = 0;
  for await (const block of fileBlocks(path, signal)) {
    if (seen.firstNul < 0) {
      const nul = block.indexOf(0);
      if (nul >= 0) seen.firstNul = offset + nul;
    }
    if (offset === 0) seen.hasIso2022 = ISO_2022.some((sequence) => block.includes(sequence));
    offset += block.length;
    onBytes(offset);
    const isDecided = seen.brokenBytes > ENOUGH_BROKEN && seen.sequences < seen.brokenBytes;
    if (isDecided || (carry.length === 0 && isAscii(block))) continue;
    const bytes = carry.length > 0 ? Buffer.concat([carry, block]) : block;
    const end = wholeEnd(bytes);
    const whole = bytes.subarray(0, end);
    carry = Buffer.from(bytes.subarray(end));
    sample.add(whole);
    if (isUtf8(whole) && seen.sequences >= COUNTED_SEQUENCES) continue;
    const counted = countSequences(whole);
    seen.sequences += counted.sequences;
    seen.brokenBytes += counted.broken;
  }
  if (carry.length > 0) sample.add(carry);
  const brokenBytes = seen.brokenBytes + carry.length;
  return { ...seen, brokenBytes, isUtf8: brokenBytes === 0, sample: sample.bytes() };
}
