import { expect } from 'chai';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { QueueFigures } from '../../shared/ports/queue-figures.ts';
import { FUTURE, PAST, storedRecord } from './store-records.ts';

/** Figures over a store that is empty, on the real clock. */
export interface QueueFiguresWorld {
  readonly figures: QueueFigures;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

const LATER = new Date('2020-01-01T00:01:00.000Z');
const DAY_MS = 86_400_000;

/** What every QueueFigures does. */
export function queueFiguresContract(name: string, makeWorld: () => Promise<QueueFiguresWorld>): void {
  describe(`QueueFigures: ${name}`, function () {
    this.timeout(60_000);
    let world: QueueFiguresWorld;

    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async function () {
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const put = async (part: Partial<JobRecord>): Promise<string> => {
      const record = storedRecord(part);
      await world.put([record]);
      return record.id;
    };

    it('an empty store: has no queues', async () => {
      const { now, queues } = await world.figures.queues();
      expect(Math.abs(now.getTime() - Date.now())).to.be.below(10_000);
      expect(queues).to.deep.equal([]);
    });

    it('queues: by stage and lane, in the order of their marks, those of one moment and those without one by age', async () => {
      const unmarked = await put({ createdAt: LATER });
      const older = await put({ createdAt: PAST, pub: { due: FUTURE } });
      const second = await put({ createdAt: LATER, pub: { at: LATER } });
      const first = await put({ createdAt: PAST, pub: { at: LATER } });
      const before = await put({ createdAt: LATER, pub: { at: PAST } });
      const other = await put({ stage: 0, lane: 'bulk' });
      for (const state of ['RUNNING', 'COMPLETED', 'RETRY_WAIT'] as const) await put({ state });
      const { queues } = await world.figures.queues(PAST);
      expect(queues.toSorted((a, b) => b.stage - a.stage)).to.deep.equal([
        { stage: 1, lane: 'standard', count: 5, rung: 3, rungBefore: 1, order: { ids: [before, first, second, older, unmarked] } },
        { stage: 0, lane: 'bulk', count: 1, rung: 0, rungBefore: 0, order: { ids: [other] } },
      ]);
    });

    it('the last ended: of those kept for so long, newest first, at most as many as asked for', async () => {
      const ended = (state: JobRecord['state'], daysAhead: number) =>
        put({ state, active: undefined as never, doneAt: PAST, expireAt: new Date(Date.now() + daysAhead * DAY_MS) });
      await put({});
      const third = await ended('FAILED', 1);
      const second = await ended('COMPLETED', 2);
      const first = await ended('COMPLETED', 6);
      await ended('COMPLETED', 29);
      const last = async (limit: number) => (await world.figures.lastEnded(7 * DAY_MS, limit)).map(({ id }) => id);
      expect(await last(10)).to.deep.equal([first, second, third]);
      expect(await last(2)).to.deep.equal([first, second]);
      const [told] = await world.figures.lastEnded(7 * DAY_MS, 1);
      expect(told).to.deep.include({ type: 'job', lane: 'standard', state: 'COMPLETED', run: 2, createdAt: PAST, doneAt: PAST });
      expect(told!.results).to.have.length(1);
    });
  });
}
