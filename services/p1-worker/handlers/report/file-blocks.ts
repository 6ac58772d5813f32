import { open } from 'node:fs/promises';
import { BLOCK_BYTES } from './limits.ts';

/**
 * Reads a file in blocks of up to 256 KiB. The same buffer is handed out again: use the bytes before asking for more.
 * @throws the reason of the signal once it is aborted.
 */
export async function* fileBlocks(path: string, signal: AbortSignal, start = 0, end = Number.POSITIVE_INFINITY): AsyncGenerator<Buffer> {
  const file = await open(path);
  const buffer = Buffer.allocUnsafe(BLOCK_BYTES);
  try {
    for (let position = start; position < end; ) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, Math.min(BLOCK_BYTES, end - position), position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

/** The first bytes of a file, at most `length`. */
export async function readHead(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The last bytes of a file, at most `length`. */
export async function readTail(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const wanted = Math.min(length, size);
    const { buffer } = await file.read(Buffer.alloc(wanted), 0, wanted, size - wanted);
    return buffer;
  } finally {
    await file.close();
  }
}
