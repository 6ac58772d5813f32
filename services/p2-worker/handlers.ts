import type { ShippedJobType } from '../../shared/domain/pipeline.ts';
import type { HandlerSpec } from '../../shared/ports/job-type-module.ts';

const here = (path: string) => new URL(path, import.meta.url).href;

/** Process 2 of each shipped job type. A type that is added to the pipeline table does not compile until it stands here. */
export const P2_HANDLERS = {
  report: { module: here('./handlers/report.js'), isolation: 'process', memoryMb: 560 },
  http: { module: here('./handlers/http.js'), isolation: 'inline', outside: { jobs: 1, atOnce: 16 } },
  summarize: { module: here('./handlers/summarize.js'), isolation: 'thread', memoryMb: 64 },
} satisfies Record<ShippedJobType, HandlerSpec>;
