import type { JobRecord } from '../../shared/domain/job.ts';
import type { MemoryHolder } from '../support/memory-places.ts';
import { STRANGER } from './canonical.ts';
import { EnvironmentView } from './environment-view.ts';
import { isFar, isLater } from './model.ts';
import { jobName, makeDurable } from './step-maker.ts';
import type { Rec } from './world.ts';

const OVER = new Date(-1);
const NOW = new Date(0);
const LATER = new Date(1);

/** Time passes, writes become durable or are taken back, the broker loses bells. */
export class WorldSteps extends EnvironmentView {
  timePasses(job: number): void {
    const { local, durable } = this.maker.world;
    const versions = [local[job]!.job, durable[job]!.job];
    const tick = (what: string, change: (one: JobRecord) => JobRecord, isFair = true): void =>
      this.maker.add(`time passes: ${what} of ${jobName(job)}`, isFair, (draft) => {
        const passed = (rec: Rec): Rec => ({ key: '', job: change(rec.job) });
        const isSame = draft.local[job] === draft.durable[job];
        draft.local[job] = passed(draft.local[job]!);
        draft.durable[job] = isSame ? draft.local[job]! : passed(draft.durable[job]!);
      });
    if (versions.some(({ pub }) => isLater(pub?.due) && !isFar(pub?.due)))
      tick('the bell is due', ({ runAt: _, ...one }) =>
        isLater(one.pub?.due) && !isFar(one.pub?.due) ? { ...one, pub: { ...one.pub, due: NOW } } : one,
      );
    if (versions.some(({ pub }) => isFar(pub?.due)))
      tick('an hour of waiting', (one) => (isFar(one.pub?.due) ? { ...one, pub: { ...one.pub, due: LATER } } : one), false);
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
    const { local, durable, notes, durableNotes, places, durablePlaces } = this.maker.world;
    if (local.every((rec, job) => rec === durable[job]) && notes === durableNotes && places === durablePlaces) return;
    this.maker.add('what was written becomes durable', true, makeDurable);
    this.maker.add('a fail-over takes back what was not durable', false, (draft) => {
      draft.local = draft.durable.slice();
      draft.places = draft.durablePlaces;
      draft.notes = draft.durableNotes;
    });
  }

  /** The time of a place is over: of a holder that is gone, and of one whose process was away for longer than that. */
  placesRunOut(): void {
    const { world, model } = this.maker;
    const all = new Set([...world.places, ...world.durablePlaces].map(({ jobId, claim }) => `${jobId} ${claim ?? ''}`));
    for (const holder of all) {
      const [jobId, claim] = holder.split(' ') as [string, string];
      const isIt = (one: MemoryHolder): boolean => one.jobId === jobId && (one.claim ?? '') === claim;
      if (![...world.places, ...world.durablePlaces].some((one) => isIt(one) && one.untilMs > 0)) continue;
      const isStranger = world.stranger !== 'none' && claim === STRANGER;
      const isAlive = isStranger || (claim !== '' && world.workers.some((tickets) => tickets.some((one) => one.claim === claim)));
      if (isAlive && !isStranger && model.features.keepsLeases) continue;
      const over = (holders: readonly MemoryHolder[]) => holders.map((one) => (isIt(one) ? { ...one, untilMs: 0 } : one));
      const whose = `${jobId === STRANGER ? 'the stranger' : jobName(Number(jobId))}${isAlive ? ', whose process was away,' : ''}`;
      this.maker.add(`time passes: a place of ${whose} is over`, !isAlive, (draft) => {
        const isSame = draft.places === draft.durablePlaces;
        draft.places = over(draft.places);
        draft.durablePlaces = isSame ? draft.places : over(draft.durablePlaces);
        if (isStranger) draft.stranger = 'away';
        draft.workers = draft.workers.map((tickets) =>
          tickets.map((one) => (one.claim === claim && one.turn ? { ...one, turn: 'away' } : one)),
        );
      });
    }
  }

  loss(): void {
    for (const [index, { stage }] of this.maker.world.queue.entries())
      this.maker.add(`the broker loses a bell of stage ${stage}`, false, (draft) => void draft.queue.splice(index, 1));
  }
}
