import { defineJobType } from '../../shared/domain/pipeline.ts';
import type { Isolation, JobTypeModule } from '../../shared/ports/job-type-module.ts';

const MODULE = new URL('./handlers/three-stage.js', import.meta.url).href;
/** Faults of the system must not use the attempts up: only a handler that always fails may. */
const PATIENT = { maxAttempts: 25, baseDelayMs: 200, maxDelayMs: 2_000 };
const SHORT = { maxAttempts: 2, baseDelayMs: 50, maxDelayMs: 200 };

/** Its handler may run before its claim is written (T3+5). */
export const FUSED_TYPE = 'three-fused';

function define(name: string, isolation: Isolation, retry: typeof PATIENT, mayRunTwice = false): JobTypeModule {
  const stages = ['p1', 'p2', 'p3'];
  return {
    spec: defineJobType(
      name,
      stages.map((stage) => ({ name: stage, timeoutMs: 60_000, retry })),
    ),
    check: ({ input, options }) => ({ ok: true, input, options: options ?? {} }),
    handlers: Object.fromEntries(stages.map((stage) => [stage, { module: MODULE, isolation, memoryMb: 160, mayRunTwice }])),
  };
}

/** Job types of tier B, loaded through JOBLINE_JOB_TYPES: three stages, one handler, run in four ways, and one that fails soon. */
export const jobTypes: readonly JobTypeModule[] = [
  define('three-inline', 'inline', PATIENT),
  // Claimed and committed in one write: the sink drops a key that it has seen.
  define(FUSED_TYPE, 'inline', PATIENT, true),
  define('three-thread', 'thread', PATIENT),
  define('three-process', 'process', PATIENT),
  define('three-poison', 'process', SHORT),
];
