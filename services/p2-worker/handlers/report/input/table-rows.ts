import { createReadStream } from 'node:fs';
import type { Cell } from '../../../../../shared/domain/report-profile.ts';
import { StageInputError } from './report-input.ts';

/** One row of table.ndjson. */
export type Row = readonly Cell[];

const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

function parseRow(line: string, number: number, width: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new StageInputError(`table.ndjson, line ${number}: not JSON`);
  }
  if (!Array.isArray(value) || value.length !== width)
    throw new StageInputError(`table.ndjson, line ${number}: not an array of ${width} cells`);
  return value as Row;
}

/** Lines of a file, some at a time; memory is bounded by the chunk and the longest line. */
async function* lineBatches(path: string): AsyncGenerator<string[]> {
  let pending: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
    const end = chunk.lastIndexOf(NEWLINE);
    if (end >= 0)
      yield Buffer.concat([...pending, chunk.subarray(0, end)])
        .toString('utf8')
        .split('\n');
    pending = end >= 0 ? [chunk.subarray(end + 1)] : [...pending, chunk];
  }
  const rest = Buffer.concat(pending).toString('utf8');
  if (rest !== '') yield [rest];
}

/**
 * Streams table.ndjson, some rows at a time, in the order of the file.
 * @param width cells that every row must have.
 * @throws StageInputError naming the line that is not a row.
 */
export async function* readRows(path: string, width: number): AsyncGenerator<readonly Row[]> {
  let number = 0;
  for await (const lines of lineBatches(path)) {
    const rows: Row[] = [];
    for (const line of lines) {
      number += 1;
      if (line !== '') rows.push(parseRow(line, number, width));
    }
    yield rows;
  }
}
