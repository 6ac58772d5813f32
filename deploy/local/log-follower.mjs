import { closeSync, copyFileSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs';

const POLL_MS = 250;
const CHUNK_BYTES = 1_048_576;
const DEFAULT_MAX_BYTES = 20 * 1_048_576;

/**
 * Reads the lines that a process appends to its log, and keeps the log small: at `maxBytes` (default 20 MiB) it is copied
 * to `<file>.1` and emptied. The process writes into the file itself, so it is never held up by a reader.
 */
export class LogFollower {
  #file;
  #onLine;
  #maxBytes;
  #at;
  #rest = '';
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /** @param {{ file: string, onLine: (line: string) => void, maxBytes?: number }} options `file` must exist */
  constructor({ file, onLine, maxBytes = DEFAULT_MAX_BYTES }) {
    this.#file = file;
    this.#onLine = onLine;
    this.#maxBytes = maxBytes;
    this.#at = this.#read(Number.MAX_SAFE_INTEGER).size;
  }

  start() {
    this.#timer = setInterval(() => this.poll(), POLL_MS);
    this.#timer.unref();
  }

  /** Reads what was written since the last time. */
  poll() {
    for (;;) {
      const { text, size, bytes } = this.#read(this.#at);
      if (size < this.#at) this.#at = 0;
      else if (bytes === 0) return this.#rotate(size);
      this.#at += bytes;
      const lines = (this.#rest + text).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) this.#onLine(line);
    }
  }

  /** Reads the rest. Safe to repeat; the file may be gone by then. */
  stop() {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.poll();
  }

  /** @param {number} from */
  #read(from) {
    const handle = openSync(this.#file, 'r');
    try {
      const { size } = fstatSync(handle);
      const buffer = Buffer.alloc(Math.max(0, Math.min(CHUNK_BYTES, size - from)));
      const bytes = buffer.length > 0 ? readSync(handle, buffer, 0, buffer.length, from) : 0;
      return { text: buffer.toString('utf8', 0, bytes), size, bytes };
    } finally {
      closeSync(handle);
    }
  }

  /** Lines written between the copy and the cut are lost: the price of a writer that needs no signal. @param {number} size */
  #rotate(size) {
    if (size < this.#maxBytes) return;
    copyFileSync(this.#file, `${this.#file}.1`);
    truncateSync(this.#file);
    this.#at = 0;
  }
}
