import { expect } from 'chai';
import { forgetDrains } from '../../../../shared/jobs/forget-drains.ts';
import { MemoryControls } from '../../../support/memory-controls.ts';
import { MemoryWorkerReports } from '../../../support/memory-worker-reports.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const MINUTE_MS = 60_000;

describe('forgetDrains', () => {
  it('of workers that have not been heard of for 10 min: are removed; those of others, and fresh ones, stay', async () => {
    const clock = new VirtualClock();
    const [controls, workers] = [new MemoryControls({ clock }), new MemoryWorkerReports({ clock })];
    for (const workerId of ['gone', 'there']) await controls.drain({ workerId, reason: 'r', by: 'b' });
    await workers.report({ id: 'there' } as Parameters<MemoryWorkerReports['report']>[0]);
    expect(await forgetDrains({ controls, workers }), 'it may not have reported yet').to.equal(0);
    await clock.advance(11 * MINUTE_MS);
    await controls.drain({ workerId: 'fresh', reason: 'r', by: 'b' });
    expect(await forgetDrains({ controls, workers })).to.equal(1);
    expect((await controls.read()).drains.map(({ workerId }) => workerId)).to.deep.equal(['fresh', 'there']);
  });
});
