import { z } from 'zod';
import { JOB_STATES } from '../../shared/domain/job.ts';
import type { JobSearch } from '../../shared/domain/search/job-search.ts';
import { parseSearch } from '../../shared/domain/search/parse-search.ts';
import type { RequestContext } from './middleware/request-context.ts';
import { Problem } from './problems.ts';
import { PAGE_PARAMETERS, readQuery } from './query.ts';

const listQuery = z.strictObject({
  ...PAGE_PARAMETERS,
  state: z.enum(JOB_STATES).optional(),
  type: z.string().min(1).max(100).optional(),
  q: z.string().max(1_000).optional(),
});

/** What a list is asked for. */
export interface ListRequest {
  readonly search: Omit<JobSearch, 'tenant'>;
  readonly limit: number;
  readonly after?: string;
}

function refuse(detail: string, position?: number): Problem {
  const where = position === undefined ? 'q' : `q, character ${position + 1}:`;
  const errors = [{ parameter: 'q', detail }];
  return new Problem('invalid_query', { detail: `${where} ${detail}`, fields: { errors, ...(position !== undefined && { position }) } });
}

/** Reads the parameters of GET /v1/jobs. @param now what ages count from. @throws Problem invalid_query, with the position in `q`. */
export function readListQuery(ctx: RequestContext, now: Date): ListRequest {
  const { limit, page_token, state, type, q = '' } = readQuery(ctx, listQuery);
  const parsed = parseSearch(q, now);
  if (!parsed.ok) throw refuse(parsed.problem.detail, parsed.problem.position);
  const { search } = parsed;
  if (state !== undefined && search.state !== undefined) throw refuse('must not have state: beside the parameter state');
  if (type !== undefined && search.type !== undefined) throw refuse('must not have type: beside the parameter type');
  return {
    search: { ...search, ...(state !== undefined && { state }), ...(type !== undefined && { type }) },
    limit,
    ...(page_token !== undefined && { after: page_token }),
  };
}
