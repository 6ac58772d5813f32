import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { WaitingTurns } from '../../shared/ports/waiting-turns.ts';
import { storedRecord } from './store-records.ts';

export interface WaitingTurnsWorld {
  readonly waiting: WaitingTurns;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

const waitsFor = (name: string, ms = 3_600_000) => ({ due: new Date(Date.now() + ms), by: 't', for: name });

/** What all WaitingTurns must do. */
export function waitingTurnsContract(name: string, makeWorld: () => Promise<WaitingTurnsWorld>): void {
  describe(`${name}: waiting turns contract`, function () {
    this.timeout(60_000);
    let world: WaitingTurnsWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    async function put(part: Partial<JobRecord>): Promise<string> {
      const record = storedRecord({ state: 'QUEUED', pub: waitsFor('a'), ...part });
      await world.put([record]);
      return record.id;
    }

    it('several that wait for a limit: the first of them comes first, those that are excepted are left out', async () => {
      const [first, second] = [await put({}), await put({})].toSorted();
      await put({ pub: waitsFor('b') });
      expect((await world.waiting.next('a', []))?.id).to.equal(first);
      expect((await world.waiting.next('a', [first!]))?.id).to.equal(second);
      expect(await world.waiting.next('a', [first!, second!])).to.equal(undefined);
      expect(await world.waiting.next('$a', [])).to.equal(undefined);
    });

    it('one that was called already, or runs: is not found', async () => {
      await put({ pub: waitsFor('a', 15_000) });
      await put({ pub: { for: 'a', at: new Date() } });
      await put({ state: 'SCHEDULED' });
      expect(await world.waiting.next('a', [])).to.equal(undefined);
    });

    it('names of limits: each once, in order, from the one after the last', async () => {
      for (const limit of ['b', 'a', 'c', 'a']) await put({ pub: waitsFor(limit) });
      expect(await world.waiting.names(10)).to.deep.equal(['a', 'b', 'c']);
      expect(await world.waiting.names(2)).to.deep.equal(['a', 'b']);
      expect(await world.waiting.names(2, 'b')).to.deep.equal(['c']);
    });
  });
}
