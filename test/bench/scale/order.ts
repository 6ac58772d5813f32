import { type Curve, jobsAt, pointsOf } from './curves.ts';
import type { ScaleOptions } from './options.ts';
import type { ScalePoint } from './result.ts';

const MOST_WARM_UP_JOBS = 2_000;

/** One point to be measured. */
export interface ScaleOrder extends ScalePoint {
  readonly jobs: number;
  /** Jobs that run before the clock does: they pay for compiling and for connections. */
  readonly warmUpJobs: number;
}

/**
 * All measurements in their order: each repeat has every point of every curve once, and begins each curve at another point, so that
 * what changes on the machine meanwhile meets all alike.
 */
export function scaleOrders(options: ScaleOptions): readonly ScaleOrder[] {
  return Array.from({ length: options.repeats }, (_, index) => index).flatMap((index) =>
    options.curves.flatMap((curve) => {
      const values = pointsOf(curve, options);
      const turned = values.map((_, position) => values[(position + index) % values.length]!);
      return turned.map((value) => ({ curve, value, repeat: index + 1, ...loadOf(curve, value, options.jobs) }));
    }),
  );
}

function loadOf(curve: Curve, value: number, asked: number): Pick<ScaleOrder, 'jobs' | 'warmUpJobs'> {
  const jobs = jobsAt(curve, value, asked);
  return { jobs, warmUpJobs: Math.min(jobs, MOST_WARM_UP_JOBS) };
}
