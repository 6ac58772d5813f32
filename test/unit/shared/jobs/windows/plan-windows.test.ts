import { expect } from 'chai';
import { cronerCalendar } from '../../../../../shared/cron/croner-calendar.ts';
import { planWindows } from '../../../../../shared/jobs/windows/plan-windows.ts';
import { MemoryControls } from '../../../../support/memory-controls.ts';
import { VirtualClock } from '../../../../support/virtual-clock.ts';
import { storedWindow } from '../../../../support/windows/window-arbitrary.ts';

const CALENDAR = { kind: 'cron', expression: '0 * * * *', durationSeconds: 600, timeZone: 'UTC' } as const;
const HOUR_MS = 3_600_000;

describe('planWindows', () => {
  let clock: VirtualClock;
  let controls: MemoryControls;
  beforeEach(async () => {
    clock = new VirtualClock();
    controls = new MemoryControls({ clock });
    await controls.windows.put(storedWindow({ calendar: CALENDAR }));
  });

  const plan = (more: object = {}) => planWindows({ controls, windows: controls.windows, calendar: cronerCalendar, ...more });
  const firsts = async () =>
    (await controls.read()).windows[0]!.occurrences.slice(0, 2).map(({ from }) => from.toISOString().slice(11, 16));

  it('three schedulers, again and again: write what is to come once, and go on as time does', async () => {
    expect((await Promise.all([plan(), plan(), plan()])).reduce((sum, one) => sum + one, 0)).to.be.at.least(1);
    expect([await plan(), await firsts()]).to.deep.equal([0, ['12:00', '13:00']]);
    expect((await controls.read()).windows[0]!.occurrences).to.have.length(32);
    await clock.advance(HOUR_MS);
    expect([await plan(), await firsts()]).to.deep.equal([1, ['13:00', '14:00']]);
  });

  it('one that was slow: does not bring back what an operator has called off meanwhile', async () => {
    const windows = {
      plan: async (...args: Parameters<typeof controls.windows.plan>) => {
        const skipped = [new Date('2026-01-15T12:00:00Z')];
        await controls.windows.skip('night', 1, { occurrences: [], skipped });
        return controls.windows.plan(...args);
      },
    };
    expect(await plan({ windows })).to.equal(0);
    expect((await controls.read()).windows[0]!.occurrences).to.deep.equal([]);
    expect([await plan(), await firsts()]).to.deep.equal([1, ['13:00', '14:00']]);
  });
});
