import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { EventNotes } from '../../shared/ports/event-notes.ts';
import type { JobFigures } from '../../shared/ports/job-figures.ts';
import { FUTURE, PAST, someRecord } from './store-records.ts';

/** Figures over a store that is empty, on the real clock. */
export interface FiguresWorld {
  readonly figures: JobFigures;
  readonly notes: Pick<EventNotes, 'insertNote'>;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

const LATER = new Date('2020-01-01T00:01:00.000Z');
const ENDED = { active: undefined as never, pub: undefined as never };

/** What every JobFigures does. */
export function jobFiguresContract(name: string, makeWorld: () => Promise<FiguresWorld>): void {
  describe(`JobFigures: ${name}`, function () {
    this.timeout(60_000);
    let world: FiguresWorld;

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const put = async (...parts: readonly Partial<JobRecord>[]): Promise<JobRecord> => {
      const all = someRecord(Object.assign({}, ...parts) as Partial<JobRecord>);
      const record = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as unknown as JobRecord;
      await world.put([record]);
      return record;
    };

    it('an empty store: has nothing queued, nothing else and nothing owed', async () => {
      const { now, ...rest } = await world.figures.read();
      expect(Math.abs(now.getTime() - Date.now())).to.be.below(10_000);
      expect(rest).to.deep.equal({ queued: [], others: [] });
    });

    it('queued jobs: are counted by stage and lane, by their mark, and by the moment asked about', async () => {
      await put({ stage: 0, lane: 'bulk', pub: { due: PAST } });
      await put({ stage: 0, lane: 'bulk', pub: { at: PAST } });
      await put({ stage: 0, lane: 'bulk', pub: { at: LATER } });
      await put({ stage: 0, lane: 'bulk', pub: { at: FUTURE } });
      await put({ stage: 1, lane: 'express', pub: { due: FUTURE } });
      const { queued } = await world.figures.read(PAST);
      const rows = queued.map(({ stage, lane, count, rung, rungBefore }) => ({ stage, lane, count, rung, rungBefore }));
      expect(rows.toSorted((a, b) => a.stage - b.stage)).to.deep.equal([
        { stage: 0, lane: 'bulk', count: 4, rung: 2, rungBefore: 1 },
        { stage: 1, lane: 'express', count: 1, rung: 0, rungBefore: 0 },
      ]);
      expect((await world.figures.read()).queued.map(({ rungBefore }) => rungBefore)).to.deep.equal([0, 0]);
    });

    it('the oldest: are the first by mark and the first put without one, whole but for their payload', async () => {
      const unmarked = await put({ pub: { due: FUTURE } });
      await put({ pub: { due: PAST } });
      await put({ pub: { at: LATER } });
      const marked = await put({ pub: { at: PAST } });
      const [only, ...more] = (await world.figures.read()).queued;
      expect(more).to.deep.equal([]);
      expect(only!.oldest.map(({ id }) => id).toSorted()).to.deep.equal([marked.id, unmarked.id].toSorted());
      expect(only!.oldest.find(({ id }) => id === marked.id)).to.deep.equal(marked);
    });

    it('other states: are counted by stage and lane; jobs that have ended well are not', async () => {
      await put({ state: 'RUNNING', claim: 'c', lease: { until: FUTURE }, pub: undefined as never });
      await put({ state: 'RETRY_WAIT', pub: { due: PAST } });
      await put({ state: 'SCHEDULED', stage: 0, pub: { due: FUTURE } });
      await put({ state: 'FAILED', doneAt: PAST, ...ENDED });
      await put({ state: 'FAILED', doneAt: LATER, ...ENDED });
      for (const state of ['COMPLETED', 'CANCELED', 'EXPIRED'] as const) await put({ state, ...ENDED });
      const rows = (await world.figures.read()).others.map(({ stage, lane, state, count }) => `${stage} ${lane} ${state} ${count}`);
      expect(rows.toSorted()).to.deep.equal(
        ['1 standard RUNNING 1', '1 standard RETRY_WAIT 1', '0 standard SCHEDULED 1', '1 standard FAILED 2'].toSorted(),
      );
    });

    it('what is owed: tells the earliest bell and the earliest event, whosesoever', async () => {
      await put({ pub: { due: LATER } });
      await put({ state: 'FAILED', doneAt: PAST, active: undefined as never, pub: { due: PAST, to: 'dlq' } });
      await put({ state: 'COMPLETED', ...ENDED, evt: { seq: 1, due: LATER } });
      await put({ state: 'COMPLETED', ...ENDED, evt: { seq: 1, due: FUTURE } });
      const { firstBellDue, firstEventDue } = await world.figures.read();
      expect([firstBellDue, firstEventDue]).to.deep.equal([PAST, LATER]);
    });

    it('an event that a note owes: counts as one that a record owes', async () => {
      await put({ state: 'COMPLETED', ...ENDED, evt: { seq: 1, due: FUTURE } });
      await world.notes.insertNote({ id: 'claim', jobs: [{ id: 'job', gen: 2 }] });
      const { firstEventDue, now } = await world.figures.read();
      expect(firstEventDue!.getTime() - now.getTime()).to.be.within(1, 16_000);
    });
  });
}
