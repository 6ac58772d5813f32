import { planWindows } from '../../../shared/jobs/windows/plan-windows.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Writes the occurrences to come of every window. @returns windows written. */
export async function planAllWindows({ control, windows }: SchedulerDeps): Promise<number> {
  return control && windows ? planWindows({ ...control, ...windows }) : 0;
}
