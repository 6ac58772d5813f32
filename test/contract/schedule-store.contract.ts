import { expect } from 'chai';
import { InvalidCursorError } from '../../shared/domain/failures.ts';
import type { TickState } from '../../shared/domain/schedule/schedule.ts';
import { tickId } from '../../shared/domain/schedule/tick-id.ts';
import type { ScheduleStore, TickEntry } from '../../shared/ports/schedule-store.ts';
import { eventually } from '../support/eventually.ts';
import { scheduleRecord } from '../support/schedules/schedule-record.ts';

export interface ScheduleStoreWorld {
  readonly schedules: ScheduleStore;
  dispose(hasPassed: boolean): Promise<void>;
}

const at = (hour: number) => new Date(Date.UTC(2027, 0, 1, hour));
const entry = (hour: number, state: TickState = 'due', replaces?: readonly TickState[]): TickEntry => ({
  tick: {
    id: tickId('s1', at(hour)),
    scheduleId: 's1',
    tenant: 'acme',
    at: at(hour),
    kind: 'scheduled',
    state,
    ...(state === 'skipped' && { reason: 'missed' }),
  },
  ...(replaces && { replaces }),
});

/** What every ScheduleStore must do. */
export function scheduleStoreContract(name: string, makeWorld: () => Promise<ScheduleStoreWorld>): void {
  describe(`${name}: schedule store contract`, function () {
    this.timeout(30_000);
    let world: ScheduleStoreWorld;
    let schedules: ScheduleStore;
    beforeEach(async () => {
      world = await makeWorld();
      schedules = world.schedules;
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });

    it('a schedule, is kept as it was given, for its tenant alone, once', async () => {
      const record = scheduleRecord('s1', { pauses: [{ from: at(1) }], slot: { id: 'x', at: at(0), kind: 'scheduled' } });
      expect(await schedules.create(record)).to.equal(true);
      expect(await schedules.read('acme', 's1')).to.deep.equal(record);
      expect(await schedules.read('other', 's1')).to.equal(undefined);
      expect(await schedules.create(scheduleRecord('s1', { tenant: 'other' }))).to.equal(false);
      expect([await schedules.count('acme'), await schedules.count('other')]).to.deep.equal([1, 0]);
    });

    it('replaced by twenty at once, takes one of them', async () => {
      const record = scheduleRecord('s1');
      await schedules.create(record);
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => schedules.replace({ ...record, cursorAt: at(index + 1) })),
      );
      const won = answers.filter((one) => one !== undefined);
      expect(won).to.have.length(1);
      expect(won[0]!.version).to.equal(2);
      expect(await schedules.read('acme', 's1')).to.deep.equal(won[0]);
    });

    it('due, are those whose instant has come, and those with something decided and not done; longest first', async () => {
      await schedules.create(scheduleRecord('later', { nextAt: at(9) }));
      await schedules.create(scheduleRecord('second', { nextAt: at(3) }));
      await schedules.create(scheduleRecord('first', { nextAt: at(2) }));
      const { nextAt: _, ...ended } = scheduleRecord('ended');
      await schedules.create(ended);
      const outbox = [{ id: 't', at: at(0), kind: 'scheduled', action: 'run' }] as const;
      await schedules.create({ ...ended, id: 'open', outbox });
      expect((await schedules.due(at(4), 10)).map(({ id }) => id)).to.deep.equal(['open', 'first', 'second']);
      expect(await schedules.due(at(4), 1)).to.have.length(1);
      const open = (await schedules.read('acme', 'open'))!;
      await schedules.replace({ ...open, outbox: [] });
      expect(await schedules.nextDueAt()).to.deep.equal(at(2));
      expect(await schedules.due(at(1), 10)).to.deep.equal([]);
    });

    it('removed in the version that was read, is gone with its ledger; in another version it stays', async () => {
      const record = scheduleRecord('s1');
      await schedules.create(record);
      await schedules.openTicks([entry(1)]);
      expect(await schedules.remove({ ...record, version: 7 })).to.equal(false);
      expect(await schedules.remove(record)).to.equal(true);
      expect(await schedules.read('acme', 's1')).to.equal(undefined);
      expect((await schedules.listTicks({ scheduleId: 's1' }, 10)).ticks).to.deep.equal([]);
    });

    it('a list, pages through the schedules of a tenant, newest first', async () => {
      for (const hour of [1, 2, 3]) await schedules.create(scheduleRecord(`s${hour}`, { createdAt: at(hour) }));
      await schedules.create(scheduleRecord('other', { tenant: 'other' }));
      const first = await schedules.list('acme', 2);
      expect(first.schedules.map(({ id }) => id)).to.deep.equal(['s3', 's2']);
      const second = await schedules.list('acme', 2, first.next);
      expect([second.schedules.map(({ id }) => id), second.next]).to.deep.equal([['s1'], undefined]);
      expect(await schedules.list('acme', 1, 'bogus').catch((error: unknown) => error)).to.be.instanceOf(InvalidCursorError);
    });

    it('a tick, is one line however often it is opened; what is known stays but for the states it may leave', async () => {
      await schedules.openTicks([entry(1), entry(2, 'waiting'), entry(3, 'skipped')]);
      await schedules.openTicks([entry(1, 'skipped'), entry(2, 'due', ['waiting']), entry(3, 'due', ['waiting'])]);
      const { ticks } = await schedules.listTicks({ scheduleId: 's1' }, 10);
      expect(ticks.map(({ state, reason }) => [state, reason])).to.deep.equal([
        ['skipped', 'missed'],
        ['due', undefined],
        ['due', undefined],
      ]);
    });

    it('a tick that is due, ends once; a job that there is decides against whoever found no room', async () => {
      await schedules.openTicks([entry(1), entry(2), entry(3, 'waiting')]);
      const [one, two, three] = [1, 2, 3].map((hour) => tickId('s1', at(hour))) as [string, string, string];
      await schedules.endTicks([
        { id: one, state: 'skipped', reason: 'quota_exceeded', detail: 'full' },
        { id: two, state: 'submitted', jobId: 'j2' },
        { id: three, state: 'failed', reason: 'no' },
      ]);
      await schedules.endTicks([
        { id: one, state: 'submitted', jobId: 'j1' },
        { id: two, state: 'skipped', reason: 'quota_exceeded' },
      ]);
      const byId = new Map((await schedules.readTicks([one, two, three, 'none'])).map((tick) => [tick.id, tick]));
      expect(byId.get(one)).to.include({ state: 'submitted', jobId: 'j1' }).and.not.have.any.keys('reason', 'detail');
      expect(byId.get(two)).to.include({ state: 'submitted', jobId: 'j2' });
      expect(byId.get(three)).to.include({ state: 'waiting' });
    });

    it('a ledger, pages newest instant first, of one state where asked', async () => {
      await schedules.openTicks([entry(1), entry(3, 'skipped'), entry(2)]);
      const first = await schedules.listTicks({ scheduleId: 's1' }, 2);
      expect(first.ticks.map((tick) => tick.at)).to.deep.equal([at(3), at(2)]);
      expect((await schedules.listTicks({ scheduleId: 's1' }, 2, first.next)).ticks.map((tick) => tick.at)).to.deep.equal([at(1)]);
      expect((await schedules.listTicks({ scheduleId: 's1', state: 'skipped' }, 9)).ticks).to.have.length(1);
    });

    it('watched, tells of a new schedule and of one that was replaced', async () => {
      let told = 0;
      const watch = schedules.watch(() => {
        told += 1;
      });
      try {
        const record = scheduleRecord('s1');
        await schedules.create(record);
        await eventually('the new schedule is told', () => told > 0);
        const before = told;
        await schedules.replace(record);
        await eventually('the change is told', () => told > before);
      } finally {
        await watch.close();
      }
    });
  });
}
