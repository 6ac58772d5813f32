import type { JobRecord } from '../../shared/domain/job.ts';
import { fullJob } from './full-job.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { entityTag } from './job-view.ts';
import type { RequestContext } from './middleware/request-context.ts';
import { Problem } from './problems.ts';

/**
 * Checks If-Match against the entity tag that GET /v1/jobs/{id} has now (strong comparison, RFC 9110 section 13.1.1).
 * @returns the generation that the change is to be bound to, so that nothing comes between; undefined without the header.
 * @throws Problem precondition_failed.
 */
export async function expectedGen(deps: GatewayDeps, ctx: RequestContext, record: JobRecord): Promise<number | undefined> {
  const header = ctx.get('If-Match').trim();
  if (header === '') return undefined;
  if (header === '*') return record.gen;
  const tag = entityTag(JSON.stringify(await fullJob(deps, record, deps.clock.now())));
  checkTag(header, tag, 'job');
  return record.gen;
}

/** Compares an If-Match header with the entity tag that a thing has now. @throws Problem precondition_failed. */
export function checkTag(header: string, tag: string, what: string): void {
  if (header.split(',').some((one) => one.trim() === tag)) return;
  throw new Problem('precondition_failed', { detail: `The ${what} has changed since its ETag was read.`, headers: { ETag: tag } });
}
