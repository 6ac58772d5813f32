import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import { removePart } from '../../shared/domain/transitions.ts';
import type { EndedJobs } from '../../shared/ports/ended-jobs.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import { FUTURE, storedRecord } from './store-records.ts';

/** Ended jobs beside the store that they are in. */
export interface EndedJobsWorld {
  readonly ended: EndedJobs;
  readonly store: JobStore;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second));

/** What every EndedJobs does. */
export function endedJobsContract(name: string, makeWorld: () => Promise<EndedJobsWorld>): void {
  describe(`EndedJobs: ${name}`, function () {
    this.timeout(60_000);
    let world: EndedJobsWorld;
    beforeEach(async () => {
      world = await makeWorld();
      await world.ended.prepare();
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const endedAt = async (second: number): Promise<string> => {
      const record = storedRecord({ state: 'COMPLETED', active: undefined as never, doneAt: at(second), expireAt: FUTURE });
      await world.put([record]);
      return record.id;
    };

    it('ended jobs: come in the order of their ends, page by page, none twice and none left out', async () => {
      const order = [await endedAt(3), await endedAt(3), await endedAt(3), await endedAt(5), await endedAt(1)];
      await world.put([storedRecord({ state: 'QUEUED' })]);
      await endedAt(9);
      const expected = [order[4]!, ...order.slice(0, 3).sort(), order[3]!];
      const found: string[] = [];
      for (let page = await world.ended.after(undefined, at(9), 2); page.length > 0; ) {
        found.push(...page.map(({ id }) => id));
        const last = page.at(-1)!;
        page = await world.ended.after({ doneAt: last.doneAt!, id: last.id }, at(9), 2);
      }
      expect(found).to.deep.equal(expected);
    });

    it('payloads: a short one goes with the mark, a long one is removed apart; the others stay', async () => {
      const job = { tenant: 't', reqHash: 'h', type: 'job', pipelineVersion: 1, lane: 'standard', token: 'x' } as const;
      const ids = [1, 2, 3].map((number) => `00000000-0000-7000-8000-00000000000${number}`);
      const [short, long, other] = ids as [string, string, string];
      const inputOf = (id: string) => ({ input: id === long ? 'x'.repeat(10_000) : id, options: {} });
      await world.store.insert(ids.map((id) => ({ ...job, id, payload: inputOf(id) })));
      for (const id of ids) {
        const [record] = await world.store.read([id], 'majority');
        await world.store.apply([id], { name: 'cancel', when: {}, set: { state: 'CANCELED' }, unset: ['active'], durability: 'majority' });
        if (id !== other) expect(await world.store.apply([id], removePart(record!.gen, 'payload'))).to.equal(1);
      }
      await world.ended.removePayloads([short, long]);
      await world.ended.removePayloads([]);
      expect([...(await world.store.readPayloads(ids)).keys()]).to.deep.equal([other]);
    });
  });
}
