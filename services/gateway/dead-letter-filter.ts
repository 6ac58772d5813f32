import type { z } from 'zod';
import type { DeadLetterFilter } from '../../shared/domain/dead-letters/replay-operation.ts';
import type { Pipelines } from '../../shared/domain/pipeline.ts';
import type { deadLetterParts } from '../../shared/schema/replay-request.ts';
import { stagePlaces } from './stage-places.ts';

/** The dead letters that an operator names. @throws Problem invalid_request for a stage or type that there is not. */
export function deadLetterFilter(pipelines: Pipelines, parts: z.infer<typeof deadLetterParts>): DeadLetterFilter {
  const { stage, type, tenant, fingerprint, failed_from: failedFrom, failed_before: failedBefore } = parts;
  const places = stagePlaces(pipelines, stage, type);
  return {
    ...(places && { places }),
    ...(tenant !== undefined && { tenant }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(failedFrom && { failedFrom }),
    ...(failedBefore && { failedBefore }),
  };
}
