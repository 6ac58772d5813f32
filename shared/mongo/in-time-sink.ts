import { Writable } from 'node:stream';
import { inTime } from './in-time.ts';

/**
 * Passes everything on to a stream of the driver. Each piece must be taken in time; otherwise it fails with StoreUnavailableError.
 * Given up, it closes once the piece that is on its way has been taken, or was not in time.
 */
export function inTimeSink(target: Writable, withinMs?: number): Writable {
  // Errors come through the callbacks.
  target.on('error', () => undefined);
  let underway: Promise<void> = Promise.resolve();
  const call = (act: (done: (error?: Error | null) => void) => unknown) => {
    underway = inTime(() => new Promise<void>((resolve, reject) => act((error) => (error ? reject(error) : resolve()))), withinMs);
    return underway;
  };
  return new Writable({
    write(chunk: Buffer, encoding, done) {
      call((taken) => target.write(chunk, encoding, taken)).then(() => done(), done);
    },
    final(done) {
      call((ended) => target.end(ended)).then(() => done(), done);
    },
    destroy(error, done) {
      const giveUp = () => {
        target.destroy(error ?? undefined);
        done(error);
      };
      underway.then(giveUp, giveUp);
    },
  });
}

/** Resolves once a stream that has ended or failed has closed: nothing is on its way any more. */
export async function closed(stream: Writable): Promise<void> {
  if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', resolve));
}
