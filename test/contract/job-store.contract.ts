import { expect } from 'chai';
import type { JobPayload } from '../../shared/domain/job.ts';
import { cancel, claim, claimCommit, commit, fail, heartbeat, replay } from '../../shared/domain/transitions.ts';
import type { NewJob } from '../../shared/ports/job-store.ts';
import { systemClock } from '../../shared/runtime/system-clock.ts';
import { asWorked } from '../support/as-worked.ts';
import { eventNotesContract } from './event-notes.contract.ts';
import { jobQueriesContract } from './job-queries.contract.ts';
import { FUTURE, PAST, timeless } from './store-records.ts';
import { StoreUnderTest, type StoreWorld } from './store-under-test.ts';
import { TRANSITION_CASES } from './transition-cases.ts';

function newJob(more: Partial<NewJob> = {}): NewJob {
  const payload = { input: { a: 1 }, options: {} };
  const id = systemClock.uuid();
  return { id, tenant: 't', reqHash: 'hash', type: 'job', pipelineVersion: 3, lane: 'express', payload, token: 'tok', ...more };
}

/** What every JobStore must do. Run for the one in memory and for the real one. */
export function jobStoreContract(name: string, makeWorld: () => Promise<StoreWorld>): void {
  describe(`${name}: job store contract`, function () {
    this.timeout(30_000);
    const jobs = new StoreUnderTest(makeWorld);
    const { put, one } = jobs;

    describe('transitions', () => {
      jobs.make('for all');
      for (const { name: title, transition, from, change, not } of TRANSITION_CASES) {
        it(`${title}, where its condition holds, changes exactly what it says; elsewhere, nothing`, async () => {
          const [matching, bystander] = [await put(from), await put(from)];
          const others = await Promise.all(not.map((part) => put(from, part)));
          const all = [matching, ...others];
          expect(
            await jobs.store.apply(
              all.map(({ id }) => id),
              transition,
            ),
          ).to.equal(1);
          const expected = Object.entries({ ...(timeless(matching) as object), ...change }).filter(([, value]) => value !== null);
          expect(timeless(await one(matching.id))).to.deep.equal(Object.fromEntries(expected));
          for (const record of [...others, bystander]) expect(await one(record.id)).to.deep.equal(record);
        });
      }

      it('a log, keeps its last 20 entries', async () => {
        const log = Array.from({ length: 20 }, (_, index) => ({ at: PAST, event: `e${index}`, stage: 0, attempt: 1, run: 0 }));
        const { id } = await put({ state: 'FAILED', log });
        await jobs.store.apply([id], replay({ gen: 7, token: 'tok' }));
        const events = (await one(id)).log.map(({ event }) => event);
        expect([events.length, events[0], events.at(-1)]).to.deep.equal([20, 'e1', 'replayed']);
      });

      it('a result of a job that has no start time, leaves that key out', async () => {
        const { id } = await put({ state: 'RUNNING', claim: 'c', results: [] });
        await jobs.store.apply([id], commit({ claim: 'c', last: false, token: 'tok', retainMs: 1 }));
        expect((await one(id)).results[0]).to.have.all.keys('stage', 'run', 'epoch', 'claim', 'at');
      });

      for (const [title, taken] of [
        ['claim', (id: string) => jobs.store.apply([id], claim({ stage: 1, gen: 7, claim: 'c', owner: 'o', leaseMs: 30_000 }))],
        [
          'claim and commit',
          (id: string) =>
            jobs.store.apply([id], claimCommit({ stage: 1, gen: 7, claim: 'c', tookMs: 5, last: false, token: 'tok', retainMs: 1 })),
        ],
      ] as const) {
        it(`a ${title} of a job whose newest result has a later time than the clock's, has that time as its start`, async () => {
          const result = { stage: 0, run: 0, epoch: 1, claim: 'b' };
          const { id } = await put({
            results: [
              { ...result, at: FUTURE },
              { ...result, at: PAST },
            ],
          });
          expect(await taken(id)).to.equal(1);
          const { startedAt, results } = await one(id);
          expect(startedAt ?? results.at(-1)!.startedAt).to.deep.equal(FUTURE);
        });
      }

      it('text that looks like an operator or a variable, is stored as it is, and objects replace what was there', async () => {
        const { id } = await put({
          state: 'RUNNING',
          claim: '$owner',
          owner: 'o',
          err: { code: 'a', message: 'b', errorClass: 'retry', detail: { old: 1 } },
        });
        const detail = { $set: { state: 'COMPLETED' }, 'results.0': '$$ROOT', nothing: null, list: ['$tenant', { $literal: 1 }] };
        const error = { code: '$state', message: '$$NOW {"$gt":""} \u0000é', errorClass: 'retry' as const, detail };
        expect(await jobs.store.apply([id], fail({ claim: '$owner', error, token: '$pub', afterMs: 0 }))).to.equal(1);
        const record = await one(id);
        expect(record.err).to.deep.equal(error);
        expect(record.pub?.by).to.equal('$pub');
        expect(record.log.at(-1)).to.deep.include({ code: '$state', message: error.message, claim: '$owner' });
        expect(await jobs.store.apply([id], replay({ gen: { $gt: 0 } as never, token: 't' })), 'an operator as a value').to.equal(0);
      });
    });

    describe('batches', () => {
      jobs.make('for all');
      it('apply to many of which some match, answers how many, and leaves the others', async () => {
        const records = await Promise.all(
          Array.from({ length: 30 }, (_, index) => put({ state: 'RUNNING', claim: index % 3 ? 'mine' : 'other' })),
        );
        const ids = [...records.map(({ id }) => id), 'not-there'];
        expect(await jobs.store.apply(ids, commit({ claim: 'mine', last: false, token: 'tok', retainMs: 1 }))).to.equal(20);
        const after = await jobs.store.read(ids, 'majority');
        expect(after.filter(({ stage }) => stage === 2)).to.have.length(20);
        expect(after.filter(({ state }) => state === 'RUNNING')).to.have.length(10);
      });

      it('apply that matches and changes nothing, counts as met', async () => {
        const { id } = await put({ state: 'RUNNING', claim: 'c', progress: 0.9 });
        const transition = {
          name: 'progress',
          when: { state: 'RUNNING', claim: 'c' },
          set: { progress: { atLeast: 0.1 } },
          durability: 'local',
        } as const;
        expect([await jobs.store.apply([id], transition), await jobs.store.apply([id], transition)]).to.deep.equal([1, 1]);
      });

      it('nothing to do, does nothing', async () => {
        expect(await jobs.store.apply([], heartbeat(['c'], 1))).to.equal(0);
        expect(await jobs.store.claim([], claim({ stage: 0, gen: 1, claim: 'c', owner: 'o', leaseMs: 1 }))).to.deep.equal([]);
        expect(await jobs.store.read([], 'local')).to.deep.equal([]);
        expect(await jobs.store.readWithPayloads([])).to.deep.equal([]);
        expect(await jobs.store.insert([])).to.deep.equal([]);
        expect((await jobs.store.readPayloads([])).size).to.equal(0);
      });

      it('claim of one and of many, answers the jobs as claimed, those that were won only', async () => {
        const terms = { stage: 1, gen: 7, owner: 'o', leaseMs: 30_000 };
        const records = await Promise.all(Array.from({ length: 20 }, (_, index) => put(index % 4 ? {} : { gen: 9 })));
        const ids = records.map(({ id }) => id);
        const [single] = await jobs.store.claim([ids[1]!], claim({ ...terms, claim: 'single' }));
        expect(single!.record).to.deep.include({ id: ids[1], state: 'RUNNING', claim: 'single', epoch: 5, attempt: 3 });
        expect(await jobs.store.claim([ids[1]!], claim({ ...terms, claim: 'late' }))).to.deep.equal([]);
        const won = await jobs.store.claim(ids, claim({ ...terms, claim: 'many' }));
        expect(won).to.have.length(14);
        expect(won.every(({ record }) => record.state === 'RUNNING' && record.claim === 'many' && record.epoch === 5)).to.equal(true);
        expect(won.every(({ record }) => !('payload' in record))).to.equal(true);
      });

      it('two claims of the same jobs at once, win each job once', async () => {
        const ids = (await Promise.all(Array.from({ length: 40 }, () => put()))).map(({ id }) => id);
        const tries = ['a', 'b', 'c'].map((claimId) =>
          jobs.store.claim(ids, claim({ stage: 1, gen: 7, claim: claimId, owner: claimId, leaseMs: 30_000 })),
        );
        const won = (await Promise.all(tries)).flatMap((records) => records.map(({ record }) => record.id));
        expect(won).to.have.length(40);
        expect(new Set(won).size).to.equal(40);
        expect((await jobs.store.read(ids, 'local')).every(({ epoch }) => epoch === 5)).to.equal(true);
      });
    });

    describe('insert', () => {
      jobs.make('for all');
      let k: string;
      beforeEach(() => {
        k = systemClock.uuid();
      });
      it('a new job, is QUEUED and owes its bell in 15 s', async () => {
        const job = newJob({ idemKey: k, uploadId: 'u', maxAttempts: 7, deadlineAt: FUTURE });
        const [outcome] = await jobs.store.insert([job]);
        expect(timeless(outcome)).to.deep.equal({ kind: 'inserted', createdAt: 'now+0s' });
        const { payload: _, token: __, ...fields } = job;
        expect(timeless(await one(job.id, 'majority'))).to.deep.equal({
          ...(timeless(fields) as object),
          state: 'QUEUED',
          stage: 0,
          run: 0,
          gen: 1,
          epoch: 0,
          attempt: 0,
          crashes: 0,
          pub: { due: 'now+15s', by: 'tok' },
          results: [],
          log: [],
          active: true,
          createdAt: 'now+0s',
          schemaVersion: 1,
        });
      });

      it('a job for later, is SCHEDULED and owes its bell then', async () => {
        const job = newJob({ runAt: FUTURE });
        await jobs.store.insert([job]);
        expect(await one(job.id)).to.deep.include({ state: 'SCHEDULED', pub: { due: FUTURE, by: 'tok' }, runAt: FUTURE });
      });

      it('the same id or key again, exists: the same when the request is the same', async () => {
        const first = newJob({ idemKey: k });
        await jobs.store.insert([first]);
        const outcomes = await jobs.store.insert([
          newJob({ id: first.id }),
          newJob({ idemKey: k }),
          newJob({ idemKey: k, reqHash: 'other' }),
          newJob({ id: first.id, reqHash: 'other' }),
          newJob({ idemKey: k, tenant: 'another' }),
          newJob(),
          newJob(),
        ]);
        expect(
          outcomes.map((outcome) => (outcome.kind === 'exists' ? `${outcome.same} ${outcome.record.id === first.id}` : outcome.kind)),
        ).to.deep.equal(['true true', 'true true', 'false true', 'false true', 'inserted', 'inserted', 'inserted']);
      });

      it('a key, names the job of its tenant, and none before there is one', async () => {
        const first = newJob({ idemKey: k });
        expect(await jobs.store.readByKey(first.tenant, k)).to.equal(undefined);
        await jobs.store.insert([first]);
        expect(await jobs.store.readByKey(first.tenant, k)).to.include({ id: first.id, idemKey: k, reqHash: first.reqHash });
        expect(await jobs.store.readByKey('another', k)).to.equal(undefined);
      });

      it('the same key twice in one call, is one job', async () => {
        const twice = [newJob({ idemKey: k }), newJob({ idemKey: k }), newJob({ idemKey: k, reqHash: 'other' })];
        const kinds = (await jobs.store.insert(twice)).map((outcome) => (outcome.kind === 'exists' ? outcome.same : outcome.kind));
        expect(kinds).to.deep.equal(['inserted', true, false]);
        expect(
          await jobs.store.read(
            twice.map(({ id }) => id),
            'majority',
          ),
        ).to.have.length(1);
      });

      it('many of which every second has a key that is taken, each have their own answer', async () => {
        const taken = Array.from({ length: 100 }, (_, index) => newJob({ idemKey: `${k}-${index}`, tenant: index % 3 ? 'one' : 'other' }));
        await jobs.store.insert(taken);
        const again = taken.flatMap(({ idemKey = '', tenant }, index) => [
          newJob({ idemKey, tenant, ...(index % 5 === 0 && { reqHash: 'other' }) }),
          newJob(),
        ]);
        const outcomes = await jobs.store.insert(again);
        const named = outcomes.map((outcome) => (outcome.kind === 'exists' ? [outcome.record.id, outcome.same] : outcome.kind));
        expect(named).to.deep.equal(taken.flatMap(({ id }, index) => [[id, index % 5 !== 0], 'inserted']));
      });

      it('the same key in many calls at once, is one job that all of them name', async () => {
        const outcomes = (await Promise.all(Array.from({ length: 20 }, () => jobs.store.insert([newJob({ idemKey: k })])))).flat();
        expect(outcomes.filter(({ kind }) => kind === 'inserted')).to.have.length(1);
        const named = outcomes.flatMap((outcome) => (outcome.kind === 'exists' ? [outcome.record.id] : []));
        expect([named.length, new Set(named).size]).to.deep.equal([19, 1]);
      });
    });

    describe('payloads', () => {
      jobs.make('for all');
      const long = 'x'.repeat(20_000);
      const inputs: Readonly<Record<string, unknown>> = {
        'operators and dots in keys': { $where: 'sleep(1)', 'a.b': 1, 'a.b.c': { $ne: null }, '': 0, $: [] },
        'a key __proto__': JSON.parse('{"__proto__": {"admin": true}, "constructor": {"prototype": 1}}'),
        'numbers beyond integers': JSON.parse('[9007199254740993, 1e308, -0.1, 12345678901234567890]'),
        'dates and undefined': { at: new Date('2026-01-15T12:00:00Z'), gone: undefined, list: [undefined, 1] },
        'text of all planes': '𝒳 \u0000 \ud83d\ude00 \u2028 ﷽',
        'nested deeply': JSON.parse(`${'['.repeat(150)}${']'.repeat(150)}`),
        nothing: null,
        'a long text': long,
      };
      for (const [title, input] of Object.entries(inputs)) {
        it(`${title}, come back as JSON says`, async () => {
          const job = newJob({ payload: { input, options: { o: '$tenant' } } });
          await jobs.store.insert([job]);
          const stored = (await jobs.store.readPayloads([job.id])).get(job.id)!;
          const [taken] = await jobs.store.readWithPayloads([job.id]);
          expect(JSON.stringify(taken!.payload)).to.equal(input === long ? undefined : JSON.stringify(stored));
          expect(taken!.record).to.deep.equal(asWorked((await jobs.store.read([job.id], 'local'))[0]!));
          expect(JSON.stringify(stored)).to.equal(JSON.stringify({ input, options: { o: '$tenant' } }));
          expect(({} as { admin?: boolean }).admin).to.equal(undefined);
        });
      }

      it('edited by a replay, whatever the length before and after: the new one is read and claimed, and nothing of it is in the record', async () => {
        for (const before of [1, long])
          for (const after of [{ $a: 2 }, `${long}y`]) {
            const job = newJob({ payload: { input: before, options: {} } });
            await jobs.store.insert([job]);
            await jobs.store.apply([job.id], cancel(60_000));
            const edited = { text: JSON.stringify({ input: after, options: { o: 1 } }) };
            expect(await jobs.store.apply([job.id], replay({ gen: 2, token: 'tok', edited }))).to.equal(1);
            expect((await jobs.store.readPayloads([job.id])).get(job.id)).to.deep.equal({ input: after, options: { o: 1 } });
            expect((await jobs.store.read([job.id], 'local'))[0]).to.not.have.property('payload');
          }
      });

      it('payloads of many, are named by id; of unknown ones, absent', async () => {
        const many = Array.from({ length: 10 }, (_, index) =>
          newJob({ payload: { input: index % 2 ? long + index : index, options: {} } }),
        );
        await jobs.store.insert(many);
        const payloads = await jobs.store.readPayloads([...many.map(({ id }) => id), 'not-there']);
        expect(payloads.size).to.equal(10);
        for (const { id, payload } of many) expect(payloads.get(id)).to.deep.equal(payload satisfies JobPayload);
      });
    });

    jobQueriesContract(jobs);
    eventNotesContract(jobs);
  });
}
