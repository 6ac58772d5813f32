import type { Collection, Db } from 'mongodb';
import type { StageDurations } from '../domain/eta/stage-history.ts';
import type { StageStatistics } from '../ports/stage-statistics.ts';
import { COLLECTIONS, DURABLE } from './collections.ts';
import { storeCall } from './store-errors.ts';

interface StatisticsDocument {
  readonly _id: 'stages';
  readonly durations: readonly StageDurations[];
}

/** One document in collection `statistics`: 100 numbers for each stage of each type. */
export class MongoStageStatistics implements StageStatistics {
  readonly #statistics: Collection<StatisticsDocument>;

  constructor({ db }: { readonly db: Db }) {
    this.#statistics = db.collection(COLLECTIONS.statistics, { writeConcern: DURABLE });
  }

  async read(): Promise<readonly StageDurations[]> {
    return (await storeCall(() => this.#statistics.findOne({ _id: 'stages' })))?.durations ?? [];
  }

  async replace(durations: readonly StageDurations[]): Promise<void> {
    await storeCall(() => this.#statistics.replaceOne({ _id: 'stages' }, { durations: [...durations] }, { upsert: true }));
  }
}
