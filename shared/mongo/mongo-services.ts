import type { Service } from '../ports/service.ts';
import type { Mongo } from './connect.ts';
import { checkMigrations } from './migrations.ts';

/** What every process has of MongoDB: its start checks the migrations, its stop closes the connection. */
export function mongoServices({ db, close }: Mongo): readonly Service[] {
  return [
    { name: 'mongodb', start: async () => undefined, stop: close },
    { name: 'schema', start: () => checkMigrations(db), stop: async () => undefined },
  ];
}
