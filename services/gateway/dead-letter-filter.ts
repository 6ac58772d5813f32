import type { z } from 'zod';
import { ignoredCauses } from '../../shared/domain/dead-letters/letter-group.ts';
import type { DeadLetterFilter } from '../../shared/domain/dead-letters/replay-operation.ts';
import type { deadLetterParts } from '../../shared/schema/replay-request.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { stagePlaces } from './stage-places.ts';

type FilterDeps = Pick<GatewayDeps, 'pipelines' | 'letterGroups' | 'clock'>;

/**
 * The dead letters that an operator names: without those of ignored groups, unless they are asked for.
 * @throws Problem invalid_request for a stage or type that there is not.
 */
export async function deadLetterFilter(deps: FilterDeps, parts: z.infer<typeof deadLetterParts>): Promise<DeadLetterFilter> {
  const { stage, type, tenant, fingerprint, failed_from: failedFrom, failed_before: failedBefore } = parts;
  const places = stagePlaces(deps.pipelines, stage, type);
  const isShown = parts.ignored === 'include' || fingerprint !== undefined;
  const except = isShown ? [] : ignoredCauses(await deps.letterGroups.all(), deps.clock.now());
  return {
    ...(places && { places }),
    ...(tenant !== undefined && { tenant }),
    ...(fingerprint !== undefined && { fingerprint }),
    ...(failedFrom && { failedFrom }),
    ...(failedBefore && { failedBefore }),
    ...(except.length > 0 && { except }),
  };
}
