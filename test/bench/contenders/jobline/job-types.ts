import { defineJobType } from '../../../../shared/domain/pipeline.ts';
import type { JobTypeModule } from '../../../../shared/ports/job-type-module.ts';

/** Type of the bench's jobs. */
export const BENCH_TYPE = 'bench-no-op';

const handler = { module: new URL('./no-op.js', import.meta.url).href, isolation: 'inline', mayRunTwice: true } as const;

/** A user's own job type, given to the services by JOBLINE_JOB_TYPES: two inline stages that may run twice. */
export const jobTypes: readonly JobTypeModule[] = [
  {
    spec: defineJobType(BENCH_TYPE, [{ name: 'p1' }, { name: 'p2' }]),
    check: ({ input, options }) => {
      const isNumbered = typeof (input as { readonly n?: unknown } | null)?.n === 'number';
      if (!isNumbered) return { ok: false, problems: [{ pointer: '/input/n', detail: 'must be a number' }] };
      return { ok: true, input, options: options ?? {} };
    },
    handlers: { p1: handler, p2: handler },
  },
];
