import { defineJobType, type StageSettings } from '../../shared/domain/pipeline.ts';
import type { HandlerSpec, JobTypeModule } from '../../shared/ports/job-type-module.ts';

/** Job types of the chaos tests, loaded into the real services through JOBLINE_JOB_TYPES: one handler, run in several ways. */
const module = new URL('./handlers/effect.js', import.meta.url).href;
const RETRY = { maxAttempts: 5, baseDelayMs: 50, maxDelayMs: 200 };
const STAGES: readonly StageSettings[] = [
  { name: 'p1', timeoutMs: 60_000, retry: RETRY },
  { name: 'p2', timeoutMs: 60_000, retry: RETRY },
];

function define(name: string, how: Omit<HandlerSpec, 'module'>): JobTypeModule {
  return {
    spec: defineJobType(name, STAGES),
    check: ({ input, options }) => ({ ok: true, input, options: options ?? {} }),
    handlers: Object.fromEntries(STAGES.map((stage) => [stage.name, { module, ...how }])),
  };
}

export const jobTypes: readonly JobTypeModule[] = [
  define('chaos-inline', { isolation: 'inline' }),
  // Its effect has a stable key, so a repeated one changes nothing.
  define('chaos-fused', { isolation: 'inline', mayRunTwice: true }),
  define('chaos-thread', { isolation: 'thread', memoryMb: 160 }),
  define('chaos-process', { isolation: 'process', memoryMb: 160 }),
];
