import type { MemorySeries } from '../suite/memory-watch.ts';
import type { Line, Panel, Point } from './line-chart.ts';

/** Resident memory over time. @param secondOf of a moment; what was before 0 is left out. */
export function memoryPanel(memory: MemorySeries, secondOf: (atMs: number) => number): Panel {
  const lines = Object.entries(memory).map(([name, all]): Line => {
    return { name, points: all.filter(({ atMs }) => secondOf(atMs) >= 0).map(({ atMs, mb }): Point => [secondOf(atMs), mb]) };
  });
  return { heading: 'Resident memory, MB', lines };
}
