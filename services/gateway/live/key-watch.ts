import type { IncomingMessage } from 'node:http';
import type { AccessControl } from '../access/access-control.ts';
import { Problem } from '../problems.ts';

/** Lookups of keys are kept for 4 s: a key that was revoked listens for 5 s at most (docs/access.md). */
const LOOK_EVERY_MS = 1_000;

/**
 * Looks at the key of a request that stays open, again and again. A key that cannot be looked up now is not refused.
 * @param onRefused called once, when the key is not valid any more. @returns what ends the watch.
 */
export function watchKey(access: AccessControl, req: IncomingMessage, onRefused: () => void): () => void {
  if (!access.asksForKeys) return () => {};
  const look = async (): Promise<void> => {
    try {
      await access.principalOf(req);
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'unauthorized') return;
      clearInterval(timer);
      onRefused();
    }
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS).unref();
  return () => clearInterval(timer);
}
