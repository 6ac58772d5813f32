import type { JobRecord } from '../../shared/domain/job.ts';
import { EnvironmentView } from './environment-view.ts';
import { isLater } from './model.ts';
import { jobName, makeDurable } from './step-maker.ts';
import type { Rec } from './world.ts';

const OVER = new Date(-1);
const NOW = new Date(0);

/** Time passes, writes become durable or are taken back, the broker loses bells. */
export class WorldSteps extends EnvironmentView {
  timePasses(job: number): void {
    const { local, durable } = this.maker.world;
    const versions = [local[job]!.job, durable[job]!.job];
    const tick = (what: string, change: (one: JobRecord) => JobRecord): void =>
      this.maker.add(`time passes: ${what} of ${jobName(job)}`, true, (draft) => {
        const passed = (rec: Rec): Rec => ({ key: '', job: change(rec.job) });
        const isSame = draft.local[job] === draft.durable[job];
        draft.local[job] = passed(draft.local[job]!);
        draft.durable[job] = isSame ? draft.local[job]! : passed(draft.durable[job]!);
      });
    if (versions.some(({ pub }) => isLater(pub?.due)))
      tick('the bell is due', ({ runAt: _, ...one }) => (isLater(one.pub?.due) ? { ...one, pub: { ...one.pub, due: NOW } } : one));
    const isKept = this.maker.model.features.keepsLeases && this.#isHolderAlive(job);
    if (!isKept && versions.some(({ lease }) => isLater(lease?.until)))
      tick('the lease ends', (one) => (one.lease ? { ...one, lease: { until: OVER } } : one));
    if (versions.some(({ evt }) => isLater(evt?.due)))
      tick('the event is due', (one) => (isLater(one.evt?.due) ? { ...one, evt: { ...one.evt!, due: NOW } } : one));
    if (versions.some(({ deadlineAt }) => isLater(deadlineAt)))
      tick('the deadline', (one) => (one.deadlineAt ? { ...one, deadlineAt: OVER } : one));
  }

  #isHolderAlive(job: number): boolean {
    const { claim } = this.local(job);
    return this.maker.world.workers.some((tickets) =>
      tickets.some((one) => one.job === job && one.claim !== undefined && one.claim === claim),
    );
  }

  replication(): void {
    const { local, durable, notes, durableNotes } = this.maker.world;
    if (local.every((rec, job) => rec === durable[job]) && notes === durableNotes) return;
    this.maker.add('what was written becomes durable', true, makeDurable);
    this.maker.add('a fail-over takes back what was not durable', false, (draft) => {
      draft.local = draft.durable.slice();
      draft.notes = draft.durableNotes;
    });
  }

  loss(): void {
    for (const [index, { stage }] of this.maker.world.queue.entries())
      this.maker.add(`the broker loses a bell of stage ${stage}`, false, (draft) => void draft.queue.splice(index, 1));
  }
}
