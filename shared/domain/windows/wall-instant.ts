import type { ZoneClock } from '../schedule/zone-clock.ts';

/** No zone is further from UTC, with a change of its clocks by a day. */
const FURTHEST_MS = 40 * 3_600_000;

interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly offsetMs: number;
}

/** The stretches between changes of the clocks around a wall time. */
function stretchesAround(clock: ZoneClock, wallMs: number): readonly Stretch[] {
  const endMs = wallMs + FURTHEST_MS;
  const stretches: Stretch[] = [];
  for (let fromMs = wallMs - FURTHEST_MS; fromMs < endMs; ) {
    const untilMs = clock.nextTransition(fromMs, endMs)?.atMs ?? endMs;
    stretches.push({ fromMs, untilMs, offsetMs: clock.offsetMs(fromMs) });
    fromMs = untilMs;
  }
  return stretches;
}

/** The first instant at which the clocks show a wall time or a later one: of a time shown twice the first, of one left out the end of the gap. */
export function firstInstantOf(clock: ZoneClock, wallMs: number): number {
  const stretch = stretchesAround(clock, wallMs).find(({ untilMs, offsetMs }) => untilMs + offsetMs > wallMs)!;
  return Math.max(stretch.fromMs, wallMs - stretch.offsetMs);
}

/** The instant from which on the clocks show no time before a wall time: of a time shown twice the second, of one left out the end of the gap. */
export function lastInstantOf(clock: ZoneClock, wallMs: number): number {
  const stretch = stretchesAround(clock, wallMs).findLast(({ fromMs, offsetMs }) => fromMs + offsetMs < wallMs)!;
  return Math.min(stretch.untilMs, wallMs - stretch.offsetMs);
}
