import type { Clock } from '../ports/clock.ts';
import { TimeOrderedIds } from './time-ordered-ids.ts';

/** Timers of Node fire at once beyond this. */
const LONGEST_TIMER_MS = 2_147_483_647;

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(done, Math.min(ms, LONGEST_TIMER_MS));
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
  });
}

const ids = new TimeOrderedIds(Date.now);

/** The real time and chance of this process. */
export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep,
  random: () => Math.random(),
  uuid: () => ids.next(),
};
