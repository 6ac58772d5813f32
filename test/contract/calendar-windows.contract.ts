import { expect } from 'chai';
import type { CalendarWindows, WindowToPut } from '../../shared/ports/calendar-windows.ts';
import type { Controls } from '../../shared/ports/controls.ts';

export interface CalendarWindowsWorld {
  readonly windows: CalendarWindows;
  readonly controls: Controls;
  dispose(hasPassed: boolean): Promise<void>;
}

const HOUR_MS = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * HOUR_MS);
const NEXT = { from: inHours(1), until: inHours(2) };
const LATER = { from: inHours(25), until: inHours(26) };
const wanted = (more: Partial<WindowToPut> = {}): WindowToPut => ({
  name: 'night',
  effect: 'off_peak',
  calendar: { kind: 'weekly', weekdays: ['mon', 'sun'], from: '22:00', until: '06:00', timeZone: 'Europe/Berlin' },
  selector: {},
  types: ['$type.a'],
  perSecond: 0.5,
  batch: 100,
  reason: '$reason {a.b}',
  by: 'ops',
  occurrences: [NEXT, LATER],
  ...more,
});

/** What every CalendarWindows must do, as Controls tells of it. */
export function calendarWindowsContract(name: string, makeWorld: () => Promise<CalendarWindowsWorld>): void {
  describe(`${name}: calendar windows contract`, function () {
    this.timeout(60_000);
    let world: CalendarWindowsWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(function () {
      return world.dispose(this.currentTest?.isPassed() ?? false);
    });
    const read = async () => (await world.controls.read()).windows;

    it('a window, is read as it was put, in its first revision', async () => {
      const put = await world.windows.put(wanted());
      expect(put).to.deep.include({ ...wanted(), revision: 1, skipped: [] });
      expect(put.createdAt).to.be.instanceOf(Date);
      expect(await read()).to.deep.equal([put]);
      expect((await world.controls.read()).pauses).to.deep.equal([]);
    });

    it('put again under its name, takes its place in the next revision; what was absent is gone', async () => {
      const first = await world.windows.put(wanted());
      await world.windows.skip('night', 1, { occurrences: [LATER], skipped: [NEXT.from] });
      const { types: _, perSecond: __, ...rest } = wanted();
      const second = await world.windows.put(rest);
      expect(second).to.deep.include({ revision: 3, createdAt: first.createdAt, skipped: [] });
      expect(second).to.not.have.any.keys('types', 'perSecond');
      expect(await read()).to.deep.equal([second]);
    });

    it('put ten times at once, is one', async () => {
      await Promise.all(Array.from({ length: 10 }, () => world.windows.put(wanted())));
      const [window, ...others] = await read();
      expect([window!.revision, others]).to.deep.equal([10, []]);
    });

    it('occurrences planned for its revision, are written; for one before, they are not', async () => {
      await world.windows.put(wanted());
      expect(await world.windows.plan('night', 1, [LATER])).to.equal(true);
      expect((await read())[0]).to.deep.include({ occurrences: [LATER], revision: 1 });
      await world.windows.put(wanted());
      expect(await world.windows.plan('night', 1, [LATER])).to.equal(false);
      expect(await world.windows.plan('nothing', 1, [LATER])).to.equal(false);
      expect((await read())[0]!.occurrences).to.deep.equal([NEXT, LATER]);
    });

    it('an occurrence that is called off, is a change: a plan of before is refused', async () => {
      await world.windows.put(wanted());
      expect(await world.windows.skip('night', 1, { occurrences: [LATER], skipped: [NEXT.from] })).to.equal(true);
      expect(await world.windows.plan('night', 1, [NEXT, LATER])).to.equal(false);
      expect(await world.windows.skip('night', 1, { occurrences: [], skipped: [] })).to.equal(false);
      expect((await read())[0]).to.deep.include({ revision: 2, occurrences: [LATER], skipped: [NEXT.from] });
    });

    it('a window that is removed, is answered once', async () => {
      await world.windows.put(wanted());
      expect(await world.windows.remove('night')).to.deep.include({ name: 'night', revision: 1 });
      expect(await world.windows.remove('night')).to.equal(undefined);
      expect(await read()).to.deep.equal([]);
    });

    it('a window that stops a stage, is read as a pause for each occurrence that is, and for the next', async () => {
      const now = { from: inHours(-1), until: inHours(1) };
      await world.windows.put(wanted({ effect: 'stop', selector: { stage: 'p1' }, occurrences: [now, LATER] }));
      const { pauses } = await world.controls.read();
      expect(pauses.map(({ from, until }) => ({ from, until }))).to.deep.equal([now, LATER]);
      expect(pauses[0]).to.deep.include({ id: 'window=night', selector: { stage: 'p1' }, reason: '$reason {a.b}', by: 'ops' });
    });

    it('a pause that is left behind, is read as ended, and forgotten by its token', async () => {
      const pause = { id: 'window=night', selector: { stage: '$p1' }, reason: '$r', by: 'ops', createdAt: inHours(-2), token: 't' };
      await world.windows.leaveEnded(pause);
      await world.windows.leaveEnded(pause);
      const [left, ...others] = (await world.controls.read()).pauses;
      expect([{ ...left, endedAt: undefined }, others]).to.deep.equal([{ ...pause, endedAt: undefined }, []]);
      expect(left!.endedAt).to.be.instanceOf(Date);
      await world.controls.forgetPause('window=night', 't');
      expect((await world.controls.read()).pauses).to.deep.equal([]);
    });
  });
}
