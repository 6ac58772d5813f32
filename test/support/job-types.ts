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
/** For handlers that never end: everything else is given the time that a busy machine takes. */
const SHORT_P1: readonly StageSettings[] = [{ name: 'p1', timeoutMs: 1_500 }, { name: 'p2' }];

const WAIT = here('./handlers/wait.js');
const HOLD = here('./handlers/hold.js');
const POISON = here('./handlers/poison.js');

export const jobTypes: readonly JobTypeModule[] = [
  define('noop', TWO, { module: here('./handlers/noop.js'), isolation: 'inline' }),
  define('wait', TWO, { module: WAIT, isolation: 'thread', memoryMb: 128 }),
  define('wait-process', TWO, { module: WAIT, isolation: 'process', memoryMb: 160 }),
  define('wait-inline', TWO, { module: WAIT, isolation: 'inline' }),
  define('hold', TWO, { module: HOLD, isolation: 'thread' }),
  define('hold-inline', TWO, { module: HOLD, isolation: 'inline' }),
  define('poison', TWO, { module: POISON, isolation: 'process', memoryMb: 160 }),
  define('poison-thread', TWO, { module: POISON, isolation: 'thread', memoryMb: 64 }),
  define('poison-inline', TWO, { module: POISON, isolation: 'inline' }),
  define('endless', SHORT_P1, { module: POISON, isolation: 'process', memoryMb: 160 }),
  define('endless-thread', SHORT_P1, { module: POISON, isolation: 'thread', memoryMb: 64 }),
  define('three', [...TWO, { name: 'p3', timeoutMs: 60_000 }], { module: WAIT, isolation: 'inline' }),
];
