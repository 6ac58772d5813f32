import type { IncomingMessage } from 'node:http';
import { Problem } from '../problems.ts';

/**
 * Gives each chunk of a body to `take` and reads on when that has resolved, so that the sender is held back; ends when it
 * resolves to false.
 * @param signal ends the reading; the rest of the body stays unread.
 * @throws what `take` throws, the signal's reason, Problem bad_request when the body ends early.
 */
export function takeChunks(req: IncomingMessage, take: (chunk: Buffer) => Promise<boolean>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      req.pause();
      take(chunk).then(
        (goesOn) => (goesOn ? req.resume() : settle(resolve)),
        (error: unknown) => settle(() => reject(error)),
      );
    };
    const onEnd = () => settle(resolve);
    const onClose = () => settle(() => reject(new Problem('bad_request', { detail: 'The body ended early.' })));
    const onAbort = () => settle(() => reject(signal.reason));
    function settle(how: () => void): void {
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      signal.removeEventListener('abort', onAbort);
      // A stream that is paused by hand gives nothing to whoever reads off the rest.
      req.resume();
      how();
    }
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort);
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}
