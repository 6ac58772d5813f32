import { defineJobType } from '../../../shared/domain/pipeline.ts';
import type { JobTypeModule } from '../../../shared/ports/job-type-module.ts';

/** Type of the jobs of the overload. */
export const WAIT_TYPE = 'bench-wait';

/** What a job of it is told. */
export interface WaitInput {
  readonly n: number;
  /** How long each stage takes. */
  readonly waitMs: number;
  /** Where stages note that they have run. */
  readonly folder: string;
  /** The first attempt of its first stage fails. */
  readonly failsOnce: boolean;
}

const handler = { module: new URL('./wait-stage.js', import.meta.url).href, isolation: 'thread' } as const;
const retry = { maxAttempts: 3, baseDelayMs: 200, maxDelayMs: 1_000 };

/** Two stages in worker threads that really take some milliseconds: WORKER_CONCURRENCY bounds what is worked off. */
export const jobTypes: readonly JobTypeModule[] = [
  {
    spec: defineJobType(WAIT_TYPE, [
      { name: 'p1', retry },
      { name: 'p2', retry },
    ]),
    check: ({ input, options }) => ({ ok: true, input, options: options ?? {} }),
    handlers: { p1: handler, p2: handler },
  },
];
