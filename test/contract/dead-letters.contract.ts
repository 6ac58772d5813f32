import { expect } from 'chai';
import type { DeadLetterFilter } from '../../shared/domain/dead-letters/replay-operation.ts';
import { InvalidCursorError } from '../../shared/domain/failures.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { DeadLetters } from '../../shared/ports/dead-letters.ts';
import { FUTURE, PAST, storedRecord } from './store-records.ts';

/** Dead letters over a store that is empty. */
export interface DeadLettersWorld {
  readonly letters: DeadLetters;
  put(records: readonly JobRecord[]): Promise<void>;
  dispose(hasPassed: boolean): Promise<void>;
}

const at = (second: number) => new Date(PAST.getTime() + second * 1_000);
const err = (fingerprint?: string) => ({ code: 'c', message: 'm', errorClass: 'retry' as const, ...(fingerprint && { fingerprint }) });
const CAUSE = { type: 'a', stage: 0, fingerprint: 'f1' };
const PLACES = [
  { type: 'a', stage: 0 },
  { type: 'b', stage: 1 },
];

/** What every DeadLetters must do. */
export function deadLettersContract(name: string, makeWorld: () => Promise<DeadLettersWorld>): void {
  describe(`${name}: dead letters contract`, function () {
    this.timeout(60_000);
    let world: DeadLettersWorld;
    let ids: Record<string, string>;

    beforeEach(async () => {
      world = await makeWorld();
      const put = async (second: number, part: Partial<JobRecord>) => {
        const ended = { active: undefined as never, doneAt: at(second), expireAt: FUTURE, createdAt: PAST, state: 'FAILED' as const };
        const record = storedRecord({ ...ended, type: 'a', stage: 0, err: err('f1'), ...part });
        await world.put([record]);
        return record.id;
      };
      ids = {
        first: await put(1, {}),
        second: await put(2, { tenant: 'other' }),
        third: await put(3, {}),
        otherCause: await put(4, { err: err('f2') }),
        otherType: await put(5, { type: 'b', stage: 1 }),
        old: await put(6, { type: 'b', stage: 1, err: err() }),
      };
      await put(7, { stage: 1 });
      await put(8, { type: 'c' });
      await put(9, { state: 'CANCELED' });
      await put(9, { state: 'RETRY_WAIT', doneAt: undefined as never, active: true });
    });
    afterEach(async function () {
      await world.dispose(this.currentTest?.isPassed() ?? false);
    });

    const idsOf = (...names: string[]) => names.map((one) => ids[one]!);
    async function all(filter: DeadLetterFilter, limit = 2): Promise<string[]> {
      const found: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await world.letters.page(filter, limit, after);
        expect(page.jobs.length).to.be.at.most(limit);
        found.push(...page.jobs.map(({ id }) => id));
        if (page.next === undefined) return found;
        after = page.next;
      }
    }

    it('every part of a filter, holds: counted, paged newest first, and gone through alike', async () => {
      const cases: readonly (readonly [Partial<DeadLetterFilter>, readonly string[]])[] = [
        [{}, ['old', 'otherType', 'otherCause', 'third', 'second', 'first']],
        [{ places: [PLACES[0]!] }, ['otherCause', 'third', 'second', 'first']],
        [{ tenant: 'other' }, ['second']],
        [{ places: [PLACES[0]!, { type: 'b', stage: 0 }, { type: 'b', stage: 1 }], failedFrom: at(4) }, ['old', 'otherType', 'otherCause']],
        [{ fingerprint: 'f1' }, ['otherType', 'third', 'second', 'first']],
        [{ failedFrom: at(3) }, ['old', 'otherType', 'otherCause', 'third']],
        [{ failedFrom: at(2), failedBefore: at(4) }, ['third', 'second']],
        [{ fingerprint: 'f1', places: [PLACES[0]!], tenant: 't', failedBefore: at(3) }, ['first']],
        [{ fingerprint: 'none' }, []],
        [{ except: [CAUSE] }, ['old', 'otherType', 'otherCause']],
        [{ except: [CAUSE, { type: 'b', stage: 1, fingerprint: 'f1' }], tenant: 't' }, ['old', 'otherCause']],
        [{ except: [{ type: 'a', stage: 1, fingerprint: 'f1' }], places: [PLACES[0]!] }, ['otherCause', 'third', 'second', 'first']],
      ];
      for (const [part, expected] of cases) {
        const filter = { places: PLACES, ...part };
        const what = JSON.stringify(part);
        expect(await all(filter), what).to.deep.equal(idsOf(...expected));
        expect(await world.letters.count(filter), what).to.equal(expected.length);
        const walked: string[] = [];
        for await (const batch of world.letters.each(filter)) {
          expect(batch.length).to.be.above(0);
          for (const letter of batch) {
            expect(letter).to.deep.equal({ id: letter.id, gen: 7 });
            walked.push(letter.id);
          }
        }
        expect(walked.toSorted(), what).to.deep.equal(idsOf(...expected).toSorted());
      }
    });

    it('groups, are of one type, stage and fingerprint, largest first, with times and the newest', async () => {
      const groups = await world.letters.groups({ places: PLACES }, 10);
      expect(groups).to.have.length(4);
      const { newest, ...largest } = groups[0]!;
      expect(largest).to.deep.equal({ type: 'a', stage: 0, fingerprint: 'f1', count: 3, firstAt: at(1), lastAt: at(3) });
      expect(newest!.id).to.equal(ids['third']);
      const without = groups.find(({ newest: one }) => one?.id === ids['old'])!;
      expect(without).to.include({ type: 'b', count: 1 }).and.not.have.property('fingerprint');
      expect(await world.letters.groups({ places: PLACES }, 1)).to.have.length(1);
      expect((await world.letters.groups({ places: PLACES, tenant: 'other' }, 10)).map(({ count }) => count)).to.deep.equal([1]);
    });

    it('many of one moment, are each in one page', async () => {
      const same = Array.from({ length: 30 }, () =>
        storedRecord({
          state: 'FAILED',
          type: 'b',
          stage: 1,
          doneAt: at(20),
          expireAt: FUTURE,
          active: undefined as never,
          err: err('f3'),
        }),
      );
      await world.put(same);
      const found = await all({ places: PLACES, fingerprint: 'f3' }, 7);
      expect(found.toSorted()).to.deep.equal(same.map(({ id }) => id).toSorted());
      expect(new Set(found).size).to.equal(30);
    });

    it('no place, is anywhere', async () => {
      expect(await world.letters.count({})).to.equal(8);
    });

    it('a cursor that was not issued, is an error', async () => {
      const refused = await world.letters.page({ places: PLACES }, 2, '$x').catch((error: unknown) => error);
      expect(refused).to.be.instanceOf(InvalidCursorError);
    });
  });
}
