import type { Collection, Db } from 'mongodb';
import type { Service } from '../ports/service.ts';
import type { TenantBacklog } from '../ports/tenant-backlog.ts';
import { collectionsOf } from './collections.ts';
import type { JobDocument } from './job-document.ts';
import { storeCall } from './store-errors.ts';

const INDEX = 'queued_tenants';
const MAX_TIME_MS = 2_000;

/**
 * Counts jobs from the keys of an index of its own. Each job pays for that index, so it is made where a quota is in use, at
 * the first start with one, and not by a migration.
 */
export class MongoTenantBacklog implements TenantBacklog, Service {
  readonly name = 'tenant backlog';
  readonly #jobs: Collection<JobDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#jobs = collectionsOf(db).jobs;
  }

  async start(): Promise<void> {
    const options = { name: INDEX, partialFilterExpression: { state: { $eq: 'QUEUED' } } };
    // `state` is always QUEUED here: with it the jobs themselves need not be read.
    await storeCall(() => this.#jobs.createIndex({ state: 1, tenant: 1 }, options));
  }

  async stop(): Promise<void> {}

  async waiting(tenant: string): Promise<number> {
    const filter = { state: 'QUEUED', tenant: { $eq: tenant } } as const;
    return storeCall(() => this.#jobs.countDocuments(filter, { hint: INDEX, maxTimeMS: MAX_TIME_MS }));
  }
}
