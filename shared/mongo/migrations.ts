import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { MigrationsMissingError, StoreUnavailableError } from '../domain/failures.ts';
import { DURABLE } from './collections.ts';
import type { Migration } from './migration.ts';
import { firstSchema } from './migrations/0001-first-schema.ts';
import { queueReports } from './migrations/0002-queue-reports.ts';
import { retentionOfEndedJobs } from './migrations/0003-retention-of-ended-jobs.ts';
import { rulesForJobs } from './migrations/0004-rules-for-jobs.ts';
import { access } from './migrations/0005-access.ts';
import { tagsOfJobs } from './migrations/0006-tags.ts';
import { deadLetters } from './migrations/0007-dead-letters.ts';
import { workers } from './migrations/0008-workers.ts';
import { schedules } from './migrations/0009-schedules.ts';
import { deliveriesOfCallbacks } from './migrations/0010-deliveries.ts';
import { windows } from './migrations/0012-windows.ts';
import { limits } from './migrations/0013-limits.ts';
import { batches } from './migrations/0014-batches.ts';
import { letterGroups } from './migrations/0015-letter-groups.ts';
import { eventNotes } from './migrations/0016-event-notes.ts';
import { wakes } from './migrations/0017-wakes.ts';
import { MongoLeaseStore } from './mongo-lease-store.ts';
import { storeCall, toStoreError } from './store-errors.ts';

interface AppliedDocument {
  readonly _id: number;
  readonly name: string;
  readonly at: Date;
}

/** All changes of the schema, oldest first. Old ones are never edited: a change of the schema is a new one. */
export const MIGRATIONS: readonly Migration[] = [
  firstSchema,
  queueReports,
  retentionOfEndedJobs,
  rulesForJobs,
  access,
  tagsOfJobs,
  deadLetters,
  workers,
  schedules,
  deliveriesOfCallbacks,
  windows,
  limits,
  batches,
  letterGroups,
  eventNotes,
  wakes,
];

const LEASE = 'migrations';
const LEASE_MS = 60_000;
const WAIT_MS = 120_000;
const LOOK_AGAIN_MS = 200;

const appliedIn = (db: Db) => db.collection<AppliedDocument>('migrations', { writeConcern: DURABLE });

async function missing(db: Db, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const applied = new Set((await storeCall(() => appliedIn(db).find().toArray())).map(({ _id }) => _id));
  return migrations.filter(({ version }) => !applied.has(version));
}

/** Waits until nobody else migrates. @throws StoreUnavailableError after 2 min. */
async function acquire(leases: MongoLeaseStore, owner: string): Promise<void> {
  for (const untilMs = performance.now() + WAIT_MS; !(await leases.tryAcquire(LEASE, owner, LEASE_MS)); ) {
    if (performance.now() > untilMs) throw new StoreUnavailableError(`Another process has been migrating for ${WAIT_MS / 1_000} s.`);
    await delay(LOOK_AGAIN_MS);
  }
}

/**
 * Applies what is missing, in order, by one process at a time.
 * @returns versions applied by this call.
 * @throws StoreUnavailableError.
 */
export async function migrate(db: Db, migrations: readonly Migration[] = MIGRATIONS): Promise<readonly number[]> {
  const leases = new MongoLeaseStore(db);
  const owner = randomUUID();
  await acquire(leases, owner);
  // An index on many jobs takes longer than a lease.
  const renewal = setInterval(() => void leases.tryAcquire(LEASE, owner, LEASE_MS).catch(() => undefined), LEASE_MS / 3);
  try {
    const done: number[] = [];
    for (const { version, name, up } of await missing(db, migrations)) {
      // Not in time: an index on many jobs takes as long as it takes.
      await up(db).catch((error: unknown) => {
        throw toStoreError(error);
      });
      await storeCall(() => appliedIn(db).updateOne({ _id: { $eq: version } }, { $set: { name, at: new Date() } }, { upsert: true }));
      done.push(version);
    }
    return done;
  } finally {
    clearInterval(renewal);
    await leases.release(LEASE, owner).catch(() => undefined);
  }
}

/**
 * Checks that the database has every migration that this release knows; it may have newer ones, from a release that is
 * being rolled out. @throws MigrationsMissingError, StoreUnavailableError.
 */
export async function checkMigrations(db: Db, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
  const lacking = await missing(db, migrations);
  if (lacking.length > 0) throw new MigrationsMissingError(db.databaseName, lacking);
}
