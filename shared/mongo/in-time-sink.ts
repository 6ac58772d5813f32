import { Writable } from 'node:stream';
import { inTime } from './in-time.ts';

/** Passes everything on to a stream of the driver. Each piece must be taken in time; otherwise it fails with StoreUnavailableError. */
export function inTimeSink(target: Writable, withinMs?: number): Writable {
  // Errors come through the callbacks.
  target.on('error', () => undefined);
  const call = (act: (done: (error?: Error | null) => void) => unknown) =>
    inTime(() => new Promise<void>((resolve, reject) => act((error) => (error ? reject(error) : resolve()))), withinMs);
  return new Writable({
    write(chunk: Buffer, encoding, done) {
      call((taken) => target.write(chunk, encoding, taken)).then(() => done(), done);
    },
    final(done) {
      call((ended) => target.end(ended)).then(() => done(), done);
    },
    destroy(error, done) {
      target.destroy(error ?? undefined);
      done(error);
    },
  });
}
