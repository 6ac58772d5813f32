import { forgetDrains } from '../../../shared/jobs/forget-drains.ts';
import type { SchedulerDeps } from '../scheduler-deps.ts';

/** Removes drains of workers that are gone. @returns drains removed. */
export async function forgetOldDrains({ control }: SchedulerDeps): Promise<number> {
  return control ? forgetDrains(control) : 0;
}
