import type { JobRecord } from '../../shared/domain/job.ts';
import { cancel, expire, removePart, replay, undoReplay } from '../../shared/domain/transitions.ts';
import { EnvironmentView } from './environment-view.ts';
import { isOver } from './model.ts';
import { jobName } from './step-maker.ts';
import { FRESH } from './worker-hands.ts';

/** Requests whose answer is lost may follow each other without end, each on top of what is not durable: up to here they do. */
const MOST_AHEAD = 3;

/** What people and time ask for: cancel, deadline, replay, undo of a replay, retention. */
export class RequestSteps extends EnvironmentView {
  requests(job: number): void {
    const { features } = this.maker.model;
    const record = this.local(job);
    const end = (label: string, transition: () => ReturnType<typeof cancel>, key: string, isFair = false): void =>
      this.maker.write({ label, jobs: [job], transition, key, isFair, mayBeLost: this.#mayBeLost(job), after: () => {} });
    if (features.cancel && record.active) end(`somebody cancels ${jobName(job)}`, () => cancel(1), 'cancel');
    if (features.deadline && record.active && isOver(record.deadlineAt))
      end(`the deadline of ${jobName(job)} has passed`, () => expire(1), 'expire');
    if (features.undo && record.former) this.#undo(job, record);
    if (features.retention && !record.active && !record.removed)
      end(`retention removes the payload of ${jobName(job)}`, () => removePart(record.gen, 'payload'), 'remove');
    if (!features.replay || record.active || record.state === 'COMPLETED') return;
    this.#replay(job, record, false);
    if (features.replay === 'beginning') this.#replay(job, record, true);
  }

  /** Generations that a fail-over would take back. */
  #mayBeLost(job: number): boolean {
    return this.local(job).gen - this.maker.world.durable[job]!.job.gen < MOST_AHEAD;
  }

  #undo(job: number, { gen }: JobRecord): void {
    if (!this.maker.matches(job, () => undoReplay({ gen, token: FRESH, retainMs: 1 }), `undo ${gen}`)) return;
    this.maker.write({
      label: `somebody takes the replay of ${jobName(job)} back`,
      jobs: [job],
      transition: () => undoReplay({ gen, token: FRESH, retainMs: 1 }),
      key: `undo ${gen}`,
      isFair: false,
      mayBeLost: this.#mayBeLost(job),
      after: () => {},
    });
  }

  #replay(job: number, { gen, stage, state }: JobRecord, fromBeginning: boolean): void {
    const mayBeUndone = this.maker.model.features.undo === true && state === 'FAILED';
    const ring = { job, stage: fromBeginning ? 0 : stage, gen: gen + 1, token: FRESH };
    for (const option of this.maker.rings([ring]))
      this.maker.write({
        label: `somebody replays ${jobName(job)}${fromBeginning ? ' from the beginning' : ''}${option.label}`,
        jobs: [job],
        transition: () => replay({ gen, token: FRESH, fromBeginning, mayBeUndone }),
        key: `request replay ${gen} ${fromBeginning} ${mayBeUndone}`,
        isFair: false,
        mayBeLost: this.#mayBeLost(job),
        after: (draft, answer, matched) => {
          if (answer === 'ok' && matched[0]) option.apply(draft);
        },
      });
  }
}
