import type { Curve } from '../../bench/scale/curves.ts';
import type { ScaleOptions } from '../../bench/scale/options.ts';
import type { ScaleFigures, ScaleResult, ScaleRun } from '../../bench/scale/result.ts';

/** A run of a point with these figures. */
export function madeRun(curve: Curve, value: number, repeat: number, figures: Partial<ScaleFigures>): ScaleRun {
  const verification = { submitted: 100, completed: 100, lost: 0, doubled: 0, examples: [] };
  return { curve, value, repeat, verification, figures: { jobs: 1_000, cpuMs: { mongodb: 0.2, gateway: 0.1 }, ...figures } };
}

/** Options of a made-up run. */
export function madeOptions(more: Partial<ScaleOptions> = {}): ScaleOptions {
  const curves = ['stored', 'waiting', 'payload', 'workers', 'clients'] as const;
  const extent = { maxStored: 1_000_000, maxWaiting: 1_000_000 };
  return { curves, jobs: 20_000, repeats: 2, output: '/nowhere', from: undefined, isHelp: false, ...extent, ...more };
}

/** A result of these runs; all curves were asked for unless said. */
export function madeScale(runs: readonly ScaleRun[], curves: readonly Curve[] = madeOptions().curves): ScaleResult {
  const machine = { processor: 'P', cores: 2, memoryGb: 24, kernel: '6', system: 'Debian', node: 'v20', loadBefore: 0.1 };
  const { maxStored, maxWaiting } = madeOptions();
  return {
    schema: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T01:00:00.000Z',
    revision: 'abc',
    options: { jobs: 1_000, repeats: 2, curves, maxStored, maxWaiting },
    machine: { ...machine, fdatasyncMs: { p50: 0.5, p95: 0.7 } },
    runs,
  };
}
