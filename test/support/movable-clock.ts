import type { Clock } from '../../shared/ports/clock.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';

/** The real clock, with a wall clock that a test may move ahead: for adapters that also wait for a real server. */
export function movableClock(): Clock & { advance(ms: number): void } {
  let aheadMs = 0;
  return {
    ...systemClock,
    now: () => new Date(Date.now() + aheadMs),
    advance: (ms) => {
      aheadMs += ms;
    },
  };
}
