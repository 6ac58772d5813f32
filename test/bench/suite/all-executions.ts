import { setTimeout as delay } from 'node:timers/promises';
import { type Executions, readExecutions } from './execution-log.ts';
import { executionCount, STAGES } from './verify.ts';

const NOTED_WITHIN_MS = 5_000;
const LOOK_MS = 50;

/** Waits for what processes have not written down yet; what is missing then was not executed. */
export async function allExecutions(folder: string, submitted: number): Promise<Executions> {
  const untilMs = performance.now() + NOTED_WITHIN_MS;
  for (;;) {
    const executions = await readExecutions(folder);
    if (executionCount(executions) >= submitted * STAGES.length || performance.now() > untilMs) return executions;
    await delay(LOOK_MS);
  }
}
