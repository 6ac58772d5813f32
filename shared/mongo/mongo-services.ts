import { setTimeout as delay } from 'node:timers/promises';
import { StoreUnavailableError } from '../domain/failures.ts';
import type { Service } from '../ports/service.ts';
import type { Mongo } from './connect.ts';
import { checkMigrations } from './migrations.ts';

/** Between two looks at a server that does not answer yet. */
const LOOK_AGAIN_MS = 500;

/**
 * What every process has of MongoDB: its start waits for the server and checks the migrations, its stop closes the connection.
 */
export function mongoServices({ db, close }: Mongo): readonly Service[] {
  const stopped = new AbortController();
  return [
    { name: 'mongodb', start: async () => undefined, stop: close },
    { name: 'schema', start: () => checkWhenItAnswers(db, stopped.signal), stop: async () => stopped.abort() },
  ];
}

/** @throws MigrationsMissingError. */
async function checkWhenItAnswers(db: Mongo['db'], signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      return await checkMigrations(db);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await delay(LOOK_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
