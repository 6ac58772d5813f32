import { median } from '../report/statistics.ts';
import type { MemorySample } from './memory-watch.ts';

/** Growth that a garbage collector's own rhythm explains. */
const ALLOWED_SHARE = 0.1;
const ALLOWED_MB = 15;
/** Below it, thirds say nothing. */
const LEAST_SAMPLES = 6;

/** How the memory of a process has gone. */
export interface MemoryTrend {
  /** Median of the first third of the time, MB. */
  readonly firstMb: number;
  /** Median of the last third. */
  readonly lastMb: number;
  readonly peakMb: number;
  /** How much the last third may lie above the first: a tenth of it, or 15 MB, whichever is more. */
  readonly allowedMb: number;
  readonly isFlat: boolean;
}

/** Holds the last third against the first; medians, so that neither a garbage collection nor a burst decides. Undefined for too few samples. */
export function memoryTrend(samples: readonly MemorySample[]): MemoryTrend | undefined {
  if (samples.length < LEAST_SAMPLES) return undefined;
  const third = Math.floor(samples.length / 3);
  const mb = samples.map((sample) => sample.mb);
  const [firstMb, lastMb] = [median(mb.slice(0, third)), median(mb.slice(-third))];
  const allowedMb = Math.max(firstMb * ALLOWED_SHARE, ALLOWED_MB);
  return { firstMb, lastMb, peakMb: Math.max(...mb), allowedMb, isFlat: lastMb - firstMb <= allowedMb };
}
