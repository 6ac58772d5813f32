import { defineJobType, type StageSettings } from '../../shared/domain/pipeline.ts';
import type { HandlerSpec, JobTypeModule } from '../../shared/ports/job-type-module.ts';

/** Job types for tests, loaded into the real services through JOBLINE_JOB_TYPES. Their handlers live beside this file. */
const here = (path: string) => new URL(path, import.meta.url).href;
const QUICK_RETRY = { maxAttempts: 2, baseDelayMs: 50, maxDelayMs: 200 };

function define(name: string, stages: readonly StageSettings[], handler: HandlerSpec): JobTypeModule {
  return {
    spec: defineJobType(
      name,
      stages.map((stage) => ({ retry: QUICK_RETRY, ...stage })),
    ),
    check: ({ input, options }) => ({ ok: true, input, options: options ?? {} }),
    handlers: Object.fromEntries(stages.map((stage) => [stage.name, handler])),
  };
}

const TWO: readonly StageSettings[] = [
  { name: 'p1', timeoutMs: 60_000 },
  { name: 'p2', timeoutMs: 60_000 },
];

export const jobTypes: readonly JobTypeModule[] = [
  define('noop', TWO, { module: here('./handlers/noop.js'), isolation: 'inline' }),
  define('wait', TWO, { module: here('./handlers/wait.js'), isolation: 'thread', memoryMb: 128 }),
  define('poison', [{ name: 'p1', timeoutMs: 1_500 }, { name: 'p2' }], {
    module: here('./handlers/poison.js'),
    isolation: 'process',
    memoryMb: 160,
  }),
  define('poison-thread', [{ name: 'p1', timeoutMs: 1_500 }, { name: 'p2' }], {
    module: here('./handlers/poison.js'),
    isolation: 'thread',
    memoryMb: 64,
  }),
  define('poison-inline', TWO, { module: here('./handlers/poison.js'), isolation: 'inline' }),
  define('three', [{ name: 'p1' }, { name: 'p2' }, { name: 'p3' }], { module: here('./handlers/noop.js'), isolation: 'inline' }),
];
