import { expect } from 'chai';
import { cancel, claim, heartbeat, mark, progress } from '../../shared/domain/transitions.ts';
import type { JobChange, JobChanges, JobChangesWatch } from '../../shared/ports/job-changes.ts';
import type { JobStore, NewJob } from '../../shared/ports/job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { eventually } from '../support/eventually.ts';

/** Changes of the jobs in a store. */
export interface JobChangesWorld {
  readonly store: JobStore;
  readonly changes: JobChanges;
  dispose(hasPassed: boolean): Promise<void>;
}

/** Keeps what it is told. */
class Told {
  readonly changes: JobChange[] = [];
  gaps = 0;

  changed(change: JobChange): void {
    this.changes.push(change);
  }

  missed(): void {
    this.gaps += 1;
  }

  of(id: string): readonly (string | undefined)[] {
    return this.changes.filter((change) => change.id === id).map(({ state }) => state);
  }
}

/** What every JobChanges must do. */
export function jobChangesContract(name: string, makeWorld: () => Promise<JobChangesWorld>): void {
  describe(`${name}: job changes contract`, function () {
    this.timeout(30_000);
    let world: JobChangesWorld;
    const watches: JobChangesWatch[] = [];
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      for (const watch of watches.splice(0)) await watch.close();
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    async function listening(): Promise<{ told: Told; watch: JobChangesWatch }> {
      const told = new Told();
      const watch = world.changes.listen(told);
      watches.push(watch);
      await eventually('it says that it listens', () => told.gaps === 1);
      return { told, watch };
    }

    async function submitted(): Promise<string> {
      const id = clock.uuid();
      const payload = { input: {}, options: {} };
      const job: NewJob = { id, tenant: 't', type: 'x', payload, reqHash: 'x', pipelineVersion: 1, lane: 'standard', token: `token-${id}` };
      await world.store.insert([job]);
      return id;
    }

    const claimOf = (id: string) => claim({ stage: 0, gen: 1, claim: `claim-${id}`, owner: 'w', leaseMs: 60_000 });

    it('a job that is submitted, claimed, reports progress and ends, is told of each time, in order, with the state where that is new', async () => {
      const { told } = await listening();
      const id = await submitted();
      await world.store.apply([id], claimOf(id));
      await world.store.apply([id], progress(`claim-${id}`, 0.5));
      await world.store.apply([id], cancel(60_000));
      await eventually('all is told', () => told.of(id).length === 4);
      expect(told.of(id)).to.deep.equal(['QUEUED', 'RUNNING', undefined, 'CANCELED']);
      expect(told.gaps).to.equal(1);
    });

    it('the moment of a change, is that of its write', async () => {
      const { told } = await listening();
      const before = (await world.store.serverTime()).getTime();
      const id = await submitted();
      await eventually('it is told', () => told.of(id).length === 1);
      const at = told.changes.find((change) => change.id === id)!.at!.getTime();
      expect(at).to.be.within(before - 1_000, before + 10_000);
    });

    it('heartbeats and marks, of which users see nothing, are not told', async () => {
      const { told } = await listening();
      const [quiet, loud] = [await submitted(), await submitted()];
      await world.store.apply([quiet], mark([`token-${quiet}`]));
      await world.store.apply([loud], claimOf(loud));
      await world.store.apply([loud], heartbeat([`claim-${loud}`], 90_000));
      await world.store.apply([loud], cancel(60_000));
      await eventually('the end is told', () => told.of(loud).includes('CANCELED'));
      expect(told.of(quiet)).to.deep.equal(['QUEUED']);
      expect(told.of(loud)).to.deep.equal(['QUEUED', 'RUNNING', 'CANCELED']);
    });

    it('two listeners, are both told; one that is closed, is told nothing more', async () => {
      const [first, second] = [await listening(), await listening()];
      const one = await submitted();
      await eventually('both are told', () => first.told.of(one).length === 1 && second.told.of(one).length === 1);
      await first.watch.close();
      await first.watch.close();
      const other = await submitted();
      await eventually('the one that is left is told', () => second.told.of(other).length === 1);
      expect(first.told.of(other)).to.deep.equal([]);
    });

    it('the counters that a change raised, come with it', async () => {
      const { told } = await listening();
      const id = await submitted();
      await world.store.apply([id], claimOf(id));
      await world.store.apply([id], progress(`claim-${id}`, 0.5));
      await world.store.apply([id], cancel(60_000));
      await eventually('all is told', () => told.of(id).length === 4);
      const counters = told.changes.filter((change) => change.id === id).map(({ gen, epoch }) => [gen, epoch]);
      expect(counters).to.deep.equal([
        [1, 0],
        [undefined, 1],
        [undefined, undefined],
        [2, undefined],
      ]);
    });

    it('a write that is not durable yet when it begins to listen, is told, or readable by majority when it says that it listens', async () => {
      for (let round = 0; round < 20; round += 1) {
        const id = await submitted();
        await world.store.apply([id], claimOf(id));
        const { told, watch } = await listening();
        const [record] = await world.store.read([id], 'majority');
        expect(record!.state === 'RUNNING' || told.of(id).includes('RUNNING')).to.equal(true);
        void watch.close();
      }
    });

    it('what happened before it listened, is not told: it says that something may be missed', async () => {
      const id = await submitted();
      const { told } = await listening();
      const later = await submitted();
      await eventually('a later one is told', () => told.of(later).length === 1);
      expect(told.of(id)).to.deep.equal([]);
    });
  });
}
