import { expect } from 'chai';
import { InvalidCursorError } from '../../shared/domain/failures.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import type { SweepQuery } from '../../shared/ports/job-store.ts';
import { FUTURE, PAST } from './store-records.ts';
import type { StoreUnderTest } from './store-under-test.ts';

/** The part of the job store contract that looks at all jobs: sweeps, lists, counts. */
export function jobQueriesContract(jobs: StoreUnderTest): void {
  const { put, one } = jobs;

  describe('find', () => {
    jobs.make('for each');
    const at = (hour: number) => new Date(PAST.getTime() + hour * 3_600_000);
    const find = async (query: SweepQuery, limit = 100) => (await jobs.store.find(query, limit)).map(({ tenant }) => tenant);

    it('due, is what owes a bell by now, oldest first, dead letters too', async () => {
      await put({ tenant: 'second', state: 'RETRY_WAIT', pub: { due: at(2) } });
      await put({ tenant: 'first', pub: { due: at(1) } });
      await put({ tenant: 'third', state: 'FAILED', pub: { due: at(3), to: 'dlq' } });
      await put({ tenant: 'later', pub: { due: FUTURE } });
      await put({ tenant: 'none', pub: { at: PAST } });
      expect(await find({ kind: 'due' })).to.deep.equal(['first', 'second', 'third']);
      expect(await find({ kind: 'due' }, 2)).to.deep.equal(['first', 'second']);
      const lateMs = (await jobs.store.serverTime()).getTime() - at(2).getTime();
      expect(await find({ kind: 'due', lateMs })).to.deep.equal(['first', 'second']);
    });

    it('nextDue, is the first instant after the one given, to come or past, of dead letters and of active jobs alone', async () => {
      expect(await jobs.store.nextDue('bell', PAST)).to.equal(undefined);
      expect(await jobs.store.nextDue('deadline', PAST)).to.equal(undefined);
      await put({ state: 'RETRY_WAIT', pub: { due: at(2) }, deadlineAt: at(4) });
      await put({ state: 'FAILED', pub: { due: at(1), to: 'dlq' } });
      await put({ pub: { due: FUTURE }, deadlineAt: FUTURE });
      await put({ state: 'EXPIRED', active: undefined as never, deadlineAt: at(3) });
      const of = (kind: 'bell' | 'deadline', after: Date) => jobs.store.nextDue(kind, after);
      expect([await of('bell', PAST), await of('bell', at(1)), await of('bell', at(2))]).to.deep.equal([at(1), at(2), FUTURE]);
      expect([await of('deadline', PAST), await of('deadline', at(4))]).to.deep.equal([at(4), FUTURE]);
      expect(await of('bell', FUTURE)).to.equal(undefined);
    });

    it('lease_expired, is what runs beyond its lease, whatever its age', async () => {
      await put({ tenant: 'second', state: 'RUNNING', claim: 'c', lease: { until: at(2) } });
      await put({ tenant: 'first', state: 'RUNNING', claim: 'c', lease: { until: at(1) } });
      await put({ tenant: 'alive', state: 'RUNNING', claim: 'c', lease: { until: FUTURE } });
      await put({ tenant: 'over', state: 'QUEUED', lease: { until: at(1) } });
      expect(await find({ kind: 'lease_expired' })).to.deep.equal(['first', 'second']);
    });

    it('deadline_passed, is what is active beyond its deadline', async () => {
      await put({ tenant: 'second', deadlineAt: at(2) });
      await put({ tenant: 'first', state: 'RUNNING', claim: 'c', deadlineAt: at(1) });
      await put({ tenant: 'later', deadlineAt: FUTURE });
      await put({ tenant: 'over', state: 'EXPIRED', active: undefined as never, deadlineAt: at(1) });
      expect(await find({ kind: 'deadline_passed' })).to.deep.equal(['first', 'second']);
    });

    it('lost_bell, is what waits at the stage and lane, owes nothing, and was confirmed before the watermark', async () => {
      await put({ tenant: 'second', pub: { at: at(2) } });
      await put({ tenant: 'first', pub: { at: at(1), by: 'x' } });
      await put({ tenant: 'owed', pub: { at: at(1), due: FUTURE } });
      await put({ tenant: 'younger', pub: { at: at(5) } });
      await put({ tenant: 'never confirmed' });
      await put({ tenant: 'other stage', stage: 0, pub: { at: at(1) } });
      await put({ tenant: 'other type', type: 'rare', pub: { at: at(1) } });
      await put({ tenant: 'other lane', lane: 'bulk', pub: { at: at(1) } });
      await put({ tenant: 'running', state: 'RUNNING', pub: { at: at(1) } });
      const query = { kind: 'lost_bell', stage: 1, lane: 'standard', types: ['job', 'quick'], before: at(5) } as const;
      expect(await find(query)).to.deep.equal(['first', 'second']);
    });

    it('failed, is what failed in the time, was not replayed too often and may be retried', async () => {
      const err = { code: 'x', message: 'y', errorClass: 'retry' as const };
      const failed = { state: 'FAILED', active: undefined as never, run: 0, err } as const;
      await put(failed, { tenant: 'second', doneAt: at(3), run: 1 });
      await put(failed, { tenant: 'first', doneAt: at(2), stage: 0, lane: 'bulk' });
      await put(failed, { tenant: 'without error', doneAt: at(4), err: undefined as never });
      await put(failed, { tenant: 'before', doneAt: at(1.9) });
      await put(failed, { tenant: 'at the end', doneAt: at(5) });
      await put(failed, { tenant: 'often', doneAt: at(3), run: 2 });
      await put(failed, { tenant: 'rejected', doneAt: at(3), err: { ...err, errorClass: 'reject' } });
      await put(failed, { tenant: 'without payload', doneAt: at(3), removed: { payload: at(4) } });
      await put(failed, { tenant: 'canceled', doneAt: at(3), state: 'CANCELED' });
      const query = { kind: 'failed', from: at(2), to: at(5), maxRun: 1 } as const;
      expect(await find(query)).to.deep.equal(['first', 'second', 'without error']);
      expect(await find(query, 1)).to.deep.equal(['first']);
    });

    it('events, are those owed by now, oldest first, of jobs that have ended', async () => {
      await put({ tenant: 'second', state: 'FAILED', evt: { seq: 1, due: at(2) } });
      await put({ tenant: 'first', state: 'COMPLETED', evt: { seq: 2, due: at(1) } });
      await put({ tenant: 'later', state: 'COMPLETED', evt: { seq: 2, due: FUTURE } });
      await put({ tenant: 'none', evt: { seq: 2 } });
      await put({ tenant: 'not ended', evt: { seq: 2, due: at(1) } });
      const told = async (limit: number) => {
        const { events, isMore } = await jobs.store.dueEvents(limit);
        return [events.map(({ tenant, state, seq }) => `${tenant} ${state} ${seq}`).sort(), isMore];
      };
      expect(await told(10)).to.deep.equal([['first COMPLETED 2', 'second FAILED 1'], false]);
      expect(await told(3)).to.deep.equal([['first COMPLETED 2', 'second FAILED 1'], true]);
      expect((await told(1))[1]).to.be.a('boolean');
    });
  });

  describe('list', () => {
    jobs.make('for each');
    async function pages(limit: number, filter = {}): Promise<string[][]> {
      const all: string[][] = [];
      for (let after: string | undefined; ; ) {
        const page = await jobs.store.list(filter, limit, after);
        all.push(page.jobs.map(({ id }) => id));
        if (page.next === undefined) return all;
        after = page.next;
      }
    }

    it('pages of any size, show each job once, newest first, those of one moment too', async () => {
      const moments = [5, 3, 3, 3, 9, 1, 3].map((hour) => new Date(PAST.getTime() + hour * 1_000));
      const records = await Promise.all(moments.map((createdAt) => put({ createdAt })));
      const expected = [...records]
        .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1))
        .map(({ id }) => id);
      for (const limit of [1, 2, 3, 7, 100]) expect((await pages(limit)).flat()).to.deep.equal(expected);
      expect((await pages(7)).length, 'no empty page at the end').to.equal(1);
    });

    it('jobs that come while one pages, shift nothing', async () => {
      await Promise.all(Array.from({ length: 4 }, () => put()));
      const first = await jobs.store.list({}, 2);
      await put({ createdAt: new Date(PAST.getTime() + 1) });
      const second = await jobs.store.list({}, 2, first.next);
      expect(new Set([...first.jobs, ...second.jobs].map(({ id }) => id)).size).to.equal(4);
      expect(second.next).to.equal(undefined);
    });

    it('a filter, holds in all its parts', async () => {
      const wanted = await put({ tenant: 'a', state: 'FAILED', type: 'x', stage: 0 });
      await put({ tenant: 'b', state: 'FAILED', type: 'x', stage: 0 });
      await put({ tenant: 'a', state: 'QUEUED', type: 'x', stage: 0 });
      await put({ tenant: 'a', state: 'FAILED', type: 'y', stage: 0 });
      await put({ tenant: 'a', state: 'FAILED', type: 'x', stage: 1 });
      expect(await pages(10, { tenant: 'a', state: 'FAILED', type: 'x', stage: 0 })).to.deep.equal([[wanted.id]]);
      expect((await pages(10, { tenant: 'a' })).flat()).to.have.length(4);
      expect(await pages(10, { tenant: { $ne: '' } })).to.deep.equal([[]]);
    });

    it('a cursor that the store did not make, is an error', async () => {
      const forged = Buffer.from('{"$gt":""}').toString('base64url');
      for (const cursor of ['', 'x', '%00', forged]) {
        expect(await jobs.store.list({}, 1, cursor).catch((error: unknown) => error), cursor).to.be.instanceOf(InvalidCursorError);
      }
    });
  });

  describe('scan', () => {
    jobs.make('for each');

    it('pages of any size, show each job once, by id, and an end', async () => {
      const ids = (await Promise.all(Array.from({ length: 5 }, () => put()))).map(({ id }) => id).sort();
      for (const limit of [1, 2, 5, 100]) {
        const seen: string[] = [];
        for (let after: string | undefined; ; after = seen.at(-1)) {
          const page = await jobs.store.scan(limit, after);
          seen.push(...page.map(({ record }) => record.id));
          if (page.length < limit) break;
        }
        expect(seen).to.deep.equal(ids);
      }
    });

    it('a job, is shown as it is read, with whether its payload is stored, be it short or long', async () => {
      const bare = await put();
      const common = { tenant: 't', reqHash: 'h', type: 'job', pipelineVersion: 1, lane: 'standard', token: 'x' } as const;
      const ids = ['00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002'];
      const payloads = [
        { input: 1, options: {} },
        { input: 'x'.repeat(10_000), options: {} },
      ];
      await jobs.store.insert(ids.map((id, index) => ({ ...common, id, payload: payloads[index]! })));
      const scanned = await jobs.store.scan(10);
      expect(scanned.map(({ record, hasPayload }) => [record.id, hasPayload])).to.deep.equal([
        [ids[0], true],
        [ids[1], true],
        [bare.id, false],
      ]);
      expect(scanned[0]!.record)
        .to.deep.equal(await one(ids[0]!, 'majority'))
        .and.not.have.property('payload');
      const inspected = await jobs.store.inspect([ids[1]!, 'not-there', bare.id]);
      expect(new Set(inspected)).to.deep.equal(new Set([scanned[1], scanned[2]]));
      expect(await jobs.store.inspect([])).to.deep.equal([]);
    });

    it('doubled keys, are none: the store does not let them be', async () => {
      await put({ idemKey: 'a' });
      await put({ idemKey: 'a', tenant: 'other' });
      await put();
      expect(await jobs.store.doubledKeys(10)).to.deep.equal([]);
    });
  });

  describe('the rest', () => {
    jobs.make('for each');
    it('read, answers the records that exist, durable ones under both concerns', async () => {
      const [a, b] = [await put(), await put()];
      for (const concern of ['local', 'majority'] as const) {
        const found = await jobs.store.read([a.id, 'not-there', b.id], concern);
        expect(new Set(found.map(({ id }) => id))).to.deep.equal(new Set([a.id, b.id]));
      }
    });

    it("what is read, is the caller's own: changing it changes nothing stored", async () => {
      const { id } = await put();
      const mine = (await one(id)) as { -readonly [K in keyof JobRecord]: JobRecord[K] };
      mine.state = 'FAILED';
      expect((await one(id)).state).to.equal('QUEUED');
    });

    it('backlog, counts by stage, lane and state what waits, runs or failed', async () => {
      await put({ stage: 0, lane: 'bulk', pub: { due: PAST } });
      await put({ stage: 0, lane: 'bulk', pub: { at: PAST } });
      await put({ stage: 1, lane: 'bulk' });
      await put({ state: 'RUNNING', claim: 'c' });
      await put({ state: 'RETRY_WAIT', pub: { due: PAST } });
      await put({ state: 'SCHEDULED', pub: { due: FUTURE } });
      await put({ state: 'FAILED', active: undefined as never });
      for (const state of ['COMPLETED', 'CANCELED', 'EXPIRED'] as const) await put({ state, active: undefined as never });
      const rows = (await jobs.store.backlog()).map(({ stage, lane, state, count }) => `${stage} ${lane} ${state} ${count}`);
      expect(rows.sort()).to.deep.equal(
        [
          '0 bulk QUEUED 2',
          '1 bulk QUEUED 1',
          '1 standard RUNNING 1',
          '1 standard RETRY_WAIT 1',
          '1 standard SCHEDULED 1',
          '1 standard FAILED 1',
        ].sort(),
      );
    });

    it('count of what is queued, is over all stages and lanes and leaves out all other states', async () => {
      expect(await jobs.store.countQueued()).to.equal(0);
      await put({ stage: 0, lane: 'bulk', pub: { due: PAST } });
      await put({ stage: 1, lane: 'express', pub: { at: PAST } });
      await put({ state: 'RUNNING', claim: 'c' });
      await put({ state: 'RETRY_WAIT', pub: { due: PAST } });
      await put({ state: 'SCHEDULED', pub: { due: FUTURE } });
      for (const state of ['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED'] as const) await put({ state, active: undefined as never });
      expect(await jobs.store.countQueued()).to.equal(2);
    });

    it("a report of a queue, takes the place of the consumer's last one, by the clock of the store", async () => {
      const { store } = jobs;
      await store.reportQueues([]);
      await store.reportQueues([{ queue: '$q', consumer: 'a', newest: { publishedAt: FUTURE, ageMs: 1 }, oldestHeldAt: PAST }]);
      const before = await store.serverTime();
      await store.reportQueues([
        { queue: '$q', consumer: 'a', newest: { publishedAt: PAST, ageMs: 20_000.4 } },
        { queue: '$q', consumer: '$b', oldestHeldAt: FUTURE },
        { queue: 'q.1', consumer: 'a' },
      ]);
      const reports = (await store.readQueueReports()).toSorted((a, b) =>
        `${a.queue}${a.consumer}`.localeCompare(`${b.queue}${b.consumer}`),
      );
      for (const { at } of reports) expect(at.getTime()).to.be.within(before.getTime(), before.getTime() + 10_000);
      const [b, a] = reports;
      expect(a!.newest).to.deep.equal({ publishedAt: PAST, seenAt: new Date(a!.at.getTime() - 20_000) });
      expect(b!.oldestHeldAt).to.deep.equal(FUTURE);
      expect(reports.map(({ at: _, ...rest }) => Object.keys(rest).sort().join())).to.deep.equal([
        'consumer,oldestHeldAt,queue',
        'consumer,newest,queue',
        'consumer,queue',
      ]);
    });

    it("the store's clock, goes on", async () => {
      const [first, second] = [await jobs.store.serverTime(), await jobs.store.serverTime()];
      expect(second.getTime()).to.be.at.least(first.getTime());
      expect(Math.abs(first.getTime() - Date.now())).to.be.below(5_000);
      expect(Math.abs((await jobs.store.estimateTime()).getTime() - Date.now())).to.be.below(5_000);
    });
  });
}
