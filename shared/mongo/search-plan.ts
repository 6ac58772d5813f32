import type { Document } from 'mongodb';
import type { JobSearch } from '../domain/search/job-search.ts';

/** How a search is answered. */
export interface SearchPlan {
  /** Name of the index. */
  readonly hint: string;
  /** What the index answers by its keys. */
  readonly keys: Document;
  /** What is left to be looked at in each job. */
  readonly rest: Document;
}

/** Newest first, and of one moment the later id. */
export const NEWEST_FIRST = { createdAt: -1, _id: -1 } as const;

/** Chooses the index. It is named in the query: for a partial index the planner needs to be told. Every value stands behind an operator. */
export function searchPlan({ tenant, state, type, tags = [], errorCode }: JobSearch): SearchPlan {
  const own = { tenant: { $eq: tenant } };
  const failed = state === 'FAILED' || (errorCode !== undefined && state === undefined);
  const ofState: Document = failed ? { state: { $eq: 'FAILED' } } : state === undefined ? {} : { state: { $eq: state } };
  const rest: Document = {
    ...(type !== undefined && { type: { $eq: type } }),
    ...(errorCode !== undefined && { 'err.code': { $eq: errorCode } }),
  };
  const [first, ...others] = tags;
  if (first !== undefined) {
    const all = others.length > 0 ? { $and: others.map((tag) => ({ tags: { $eq: tag } })) } : {};
    return { hint: 'tags', keys: { ...own, tags: { $eq: first } }, rest: { ...rest, ...ofState, ...all } };
  }
  if (failed) return { hint: 'failed_list', keys: ofState, rest: { ...own, ...rest } };
  // Without the order of the list, but no more than there are handlers.
  if (state === 'RUNNING') return { hint: 'leases', keys: ofState, rest: { ...own, ...rest } };
  return { hint: 'list', keys: own, rest: { ...rest, ...ofState } };
}
