import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MAX_UNPACK_RATIO, MAX_UNPACKED_BYTES, RATIO_FLOOR_BYTES } from './limits.ts';
import { ReportRejection } from './rejection.ts';

/** Bounds of an unpacking, for tests; see limits.ts for the defaults. */
export interface UnpackLimits {
  readonly maxBytes: number;
  readonly maxRatio: number;
  readonly ratioFloorBytes: number;
}

const DEFAULTS: UnpackLimits = { maxBytes: MAX_UNPACKED_BYTES, maxRatio: MAX_UNPACK_RATIO, ratioFloorBytes: RATIO_FLOOR_BYTES };

/**
 * Unpacks a gzip file as a stream, all its members.
 * @param onPacked told how many packed bytes were read so far.
 * @throws ReportRejection `gzip_malformed` when it is damaged or cut off, `archive_too_large` beyond the bounds.
 */
export async function gunzipFile(
  from: string,
  to: string,
  signal: AbortSignal,
  onPacked: (bytes: number) => void,
  limits: UnpackLimits = DEFAULTS,
): Promise<void> {
  let packed = 0;
  let unpacked = 0;
  const countIn = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      packed += chunk.length;
      onPacked(packed);
      done(null, chunk);
    },
  });
  const guard = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      unpacked += chunk.length;
      done(tooLarge(packed, unpacked, limits), chunk);
    },
  });
  try {
    await pipeline(createReadStream(from), countIn, createGunzip({ chunkSize: 262_144 }), guard, createWriteStream(to), { signal });
  } catch (error) {
    throw asRejection(error);
  }
}

function tooLarge(packed: number, unpacked: number, limits: UnpackLimits): ReportRejection | null {
  if (unpacked > limits.maxBytes) {
    const detail = { max_bytes: limits.maxBytes };
    return new ReportRejection('archive_too_large', `The gzip file unpacks to more than ${limits.maxBytes} bytes.`, detail);
  }
  if (unpacked <= limits.ratioFloorBytes || unpacked <= packed * limits.maxRatio) return null;
  const message = `The gzip file unpacks to more than ${limits.maxRatio} times its size; that is allowed only for small files.`;
  return new ReportRejection('archive_too_large', message, { max_ratio: limits.maxRatio });
}

function asRejection(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'Z_BUF_ERROR') return new ReportRejection('gzip_malformed', 'The gzip file is cut off: its end is missing.');
  if (typeof code !== 'string' || !code.startsWith('Z_')) return error;
  return new ReportRejection('gzip_malformed', 'The gzip file is damaged: it cannot be unpacked.');
}
