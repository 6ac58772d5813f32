import type { JobRecord } from '../../shared/domain/job.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import { someRecord } from './store-records.ts';

/** A store for a test, empty, on the real clock. */
export interface StoreWorld {
  readonly store: JobStore;
  /** Puts records as they are, past the protocol. */
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

/** The store of the tests that are running, made and disposed of around them. */
export class StoreUnderTest {
  readonly #makeWorld: () => Promise<StoreWorld>;
  #world: StoreWorld | undefined;

  constructor(makeWorld: () => Promise<StoreWorld>) {
    this.#makeWorld = makeWorld;
  }

  get store(): JobStore {
    return this.#world!.store;
  }

  /** A store for each test that looks at all jobs; one for all tests that look at jobs by id only: to make one takes a second. */
  make(each: 'for each' | 'for all'): void {
    let hasPassed = true;
    const [setUp, tearDown] = each === 'for each' ? [beforeEach, afterEach] : [before, after];
    setUp(async () => {
      this.#world = await this.#makeWorld();
    });
    afterEach(function () {
      hasPassed &&= this.currentTest?.isPassed() ?? false;
    });
    tearDown(() => this.#world!.dispose(hasPassed));
  }

  /** Puts one record, made of the parts; a field that a part gives as undefined is absent. */
  readonly put = async (...parts: readonly Partial<JobRecord>[]): Promise<JobRecord> => {
    const all = someRecord(Object.assign({}, ...parts) as Partial<JobRecord>);
    const record = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as JobRecord;
    await this.#world!.put([record]);
    return record;
  };

  readonly one = async (id: string, concern: 'local' | 'majority' = 'local'): Promise<JobRecord> => {
    const [record] = await this.store.read([id], concern);
    return record!;
  };
}
