import type { Filter } from 'mongodb';
import { StoreUnavailableError } from '../domain/failures.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Clock } from '../ports/clock.ts';
import type { NewJob } from '../ports/job-store.ts';
import type { Collections } from './collections.ts';
import { type JobDocument, recordOf, WITHOUT_PAYLOAD } from './job-document.ts';
import { storeCall } from './store-errors.ts';

/** The winner of a race may not be durable yet when the loser reads: it looks again this often, for so long. */
const LOOK_AGAIN_MS = 50;
const LOOK_FOR_MS = 5_000;

export interface InsertDeps {
  readonly collections: Collections;
  readonly clock: Clock;
}

/** Records that took the ids or keys of jobs. Of one that is in no `found`, `unreadable` says why; without it, it is not durable yet. */
export interface Twins {
  readonly found: ReadonlyMap<NewJob, JobRecord>;
  readonly unreadable?: StoreUnavailableError;
}

/**
 * Looks for the records that took the ids or keys of jobs, once no fail-over can take them back: an answer of 202 rests on
 * them. One read for all ids and one for the keys of each tenant, again every 50 ms for those that are missing, for at most 5 s.
 */
export async function durableTwins(deps: InsertDeps, jobs: readonly NewJob[]): Promise<Twins> {
  const found = new Map<NewJob, JobRecord>();
  try {
    const untilMs = deps.clock.monotonicMs() + LOOK_FOR_MS;
    for (let missing = jobs; missing.length > 0; ) {
      const twinOf = await readTwins(deps, missing);
      for (const job of missing) {
        const twin = twinOf(job);
        if (twin) found.set(job, twin);
      }
      missing = missing.filter((job) => !found.has(job));
      if (missing.length === 0 || deps.clock.monotonicMs() > untilMs) break;
      await deps.clock.sleep(LOOK_AGAIN_MS);
    }
    return { found };
  } catch (error) {
    if (error instanceof StoreUnavailableError) return { found, unreadable: error };
    throw error;
  }
}

const keyOf = (tenant: string, idemKey: string) => JSON.stringify([tenant, idemKey]);

async function readTwins({ collections }: InsertDeps, jobs: readonly NewJob[]): Promise<(job: NewJob) => JobRecord | undefined> {
  const options = { projection: WITHOUT_PAYLOAD, readConcern: { level: 'majority' } } as const;
  const found = twinQueries(jobs).map(({ filter, hint }) => storeCall(() => collections.jobs.find(filter, { ...options, hint }).toArray()));
  const records = (await Promise.all(found)).flat().map(recordOf);
  const byId = new Map(records.map((record) => [record.id, record]));
  const byKey = new Map(
    records.flatMap((record) => (record.idemKey === undefined ? [] : [[keyOf(record.tenant, record.idemKey), record]])),
  );
  return ({ id, tenant, idemKey }) => byId.get(id) ?? (idemKey === undefined ? undefined : byKey.get(keyOf(tenant, idemKey)));
}

interface TwinQuery {
  readonly filter: Filter<JobDocument>;
  /** Name of an index. */
  readonly hint: string;
}

/**
 * What finds the records that have the id or the key of one of the jobs. The indexes are named: that of keys is partial,
 * and the planner of MongoDB 6.0 did not choose it for a list of keys, though it needs nothing else; any other would read all
 * of a tenant's jobs.
 */
export function twinQueries(jobs: readonly Pick<NewJob, 'id' | 'tenant' | 'idemKey'>[]): readonly TwinQuery[] {
  const keys = new Map<string, string[]>();
  for (const { tenant, idemKey } of jobs) {
    if (idemKey === undefined) continue;
    const ofTenant = keys.get(tenant) ?? [];
    keys.set(tenant, ofTenant);
    ofTenant.push(idemKey);
  }
  return [
    { filter: { _id: { $in: jobs.map(({ id }) => id) } }, hint: '_id_' },
    ...[...keys].map(([tenant, $in]) => ({
      filter: { tenant: { $eq: tenant }, idemKey: { $in, $type: 'string' as const } },
      hint: 'idempotency',
    })),
  ];
}
