import { type Limit, limitIdOf, type Turn, turnNameOf, turnsOf } from '../../shared/domain/control/limit.ts';
import type { JobRecord } from '../../shared/domain/job.ts';

const SELECTOR = { tenant: 't' };
/** Of the one limit of the model, as the code names it. */
export const LIMIT_NAME = turnNameOf(SELECTOR);

/** What the record needs a place of, decided by the code. @param places how many the operator has set; 0: no limit is set. */
export function turnOf(record: JobRecord, places: number): (Turn & { readonly places: number }) | undefined {
  const turn = turnsOf(record, places === 0 ? [] : [limitOf(places)])[0];
  return turn?.places === undefined ? undefined : { ...turn, places: turn.places };
}

function limitOf(concurrency: number): Limit {
  return { id: limitIdOf(SELECTOR), selector: SELECTOR, concurrency, reason: 'model', by: 'model', createdAt: new Date(0) };
}
