import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { JobRemover } from '../../shared/ports/job-remover.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import { PAST, storedRecord } from './store-records.ts';

/** A remover beside the store that it removes from. */
export interface JobRemoverWorld {
  readonly remover: JobRemover;
  readonly store: JobStore;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

const ENDED = { state: 'COMPLETED', active: undefined as never, evt: { seq: 3 } } as const;

/** What every JobRemover does. */
export function jobRemoverContract(name: string, makeWorld: () => Promise<JobRemoverWorld>): void {
  describe(`JobRemover: ${name}`, function () {
    this.timeout(60_000);
    let world: JobRemoverWorld;

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const put = async (part: Partial<JobRecord>): Promise<JobRecord> => {
      const record = storedRecord(part);
      await world.put([record]);
      return record;
    };
    const isThere = async (id: string) => (await world.store.read([id], 'majority')).length === 1;

    for (const state of ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'] as const) {
      it(`a job that is ${state}: is removed, once, and no other`, async () => {
        const [job, other] = [await put({ ...ENDED, state }), await put({ ...ENDED, state })];
        expect(await world.remover.remove(job.id, job.gen)).to.equal(true);
        expect(await world.remover.remove(job.id, job.gen)).to.equal(false);
        expect([await isThere(job.id), await isThere(other.id)]).to.deep.equal([false, true]);
      });
    }

    for (const [what, part] of [
      ['an active job', { ...ENDED, state: 'QUEUED', active: true }],
      ['a running one', { ...ENDED, state: 'RUNNING', active: true }],
      ['one that was changed meanwhile', { ...ENDED, gen: 8 }],
      ['one that owes the event of its end', { ...ENDED, evt: { seq: 3, due: PAST } }],
    ] as const) {
      it(`${what}: stays`, async () => {
        const { id } = await put(part);
        expect(await world.remover.remove(id, 7)).to.equal(false);
        expect(await isThere(id)).to.equal(true);
      });
    }

    it('a long payload: goes with its job, and its key is free again', async () => {
      const job = { tenant: 't', idemKey: 'k', reqHash: 'h', type: 'job', pipelineVersion: 1, lane: 'standard', token: 'x' } as const;
      const payload = { input: 'x'.repeat(10_000), options: {} };
      const [first, second] = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'] as const;
      await world.store.insert([{ ...job, id: first, payload }]);
      const [record] = await world.store.read([first], 'majority');
      await put({ ...record!, ...ENDED });
      expect(await world.remover.remove(first, record!.gen)).to.equal(true);
      expect((await world.store.insert([{ ...job, id: second, payload: { input: 1, options: {} } }]))[0]!.kind).to.equal('inserted');
      expect([...(await world.store.readPayloads([first, second])).keys()]).to.deep.equal([second]);
      const [again] = await world.store.insert([{ ...job, idemKey: 'other', id: first, payload: { input: 2, options: {} } }]);
      expect(again!.kind).to.equal('inserted');
      expect((await world.store.readPayloads([first])).get(first)).to.deep.equal({ input: 2, options: {} });
    });
  });
}
