import { TERMINAL_STATES } from '../../shared/domain/job.ts';
import { markEvent, postponeEvent } from '../../shared/domain/transitions.ts';
import { EnvironmentView } from './environment-view.ts';
import { isDue } from './model.ts';
import { PROPERTIES } from './properties.ts';
import { jobName, makeDurable } from './step-maker.ts';
import type { Draft, EventWork, ModelNote } from './world.ts';

/** Terminal events: found by a scheduler, or told by the worker that has committed; published, marked or put off. */
export class EventSteps extends EnvironmentView {
  findEvent(job: number): void {
    const { evt, state } = this.local(job);
    if (!evt || !isDue(evt.due) || !TERMINAL_STATES.includes(state)) return;
    const { world, model } = this.maker;
    if (world.events.some((one) => one.job === job && one.note === undefined && !one.by)) return;
    // Looked at by majority before it is published (shared/jobs/relay-events.ts).
    const isDurable = (world.durable[job]!.job.evt?.seq ?? 0) >= evt.seq;
    if (model.protocol.tellsDurableEnds && !isDurable) return;
    this.maker.add(
      `a scheduler finds the event of ${jobName(job)}`,
      true,
      (draft) => void draft.events.push({ job, seq: evt.seq, at: 'found' }),
    );
  }

  /** As `shared/jobs/relay-notes.ts`: a majority's record decides. */
  findNoted(): void {
    const { world, model } = this.maker;
    for (const { job, gen, claim } of world.notes) {
      if (world.events.some((one) => one.job === job && one.note === claim && !one.by)) continue;
      const { job: record } = (model.protocol.tellsDurableEnds ? world.durable : world.local)[job]!;
      const end = model.protocol.judgeNoted(claim, gen, record);
      const found: EventWork = { job, seq: record.evt?.seq ?? 0, at: 'found', note: claim };
      if (end === 'owed')
        this.maker.add(`a scheduler finds the noted event of ${jobName(job)}`, true, (draft) => void draft.events.push(found));
      if (end === 'none') this.#dropNoted(`a scheduler finds that a note owes ${jobName(job)} nothing`, { job, claim });
    }
  }

  /** Not durable when it is answered. */
  #dropNoted(label: string, { job, claim }: Pick<ModelNote, 'job' | 'claim'>, after: (draft: Draft) => void = () => {}): void {
    const { failover, unknown } = this.maker.model.features;
    const apply = (draft: Draft): void => {
      draft.notes = draft.notes.filter((one) => one.job !== job || one.claim !== claim);
      if (!failover) makeDurable(draft);
    };
    this.maker.add(label, true, (draft) => {
      apply(draft);
      after(draft);
    });
    if (unknown) this.maker.add(`${label}: fails`, false, after);
  }

  eventWork(): void {
    const { world } = this.maker;
    for (const [index, one] of world.events.entries()) {
      const drop = (draft: Draft): void => void draft.events.splice(index, 1);
      const name = jobName(one.job);
      this.maker.add(`the ${one.by ?? 'scheduler'} of ${name}'s event dies`, false, drop);
      if (one.at === 'found') this.#publishEvent(index);
      if (one.note !== undefined) {
        if (one.at === 'confirmed') this.#dropNoted(`the noted event of ${name} is taken off`, { job: one.job, claim: one.note }, drop);
        if (one.at === 'unconfirmed') this.maker.add(`the noted event of ${name} is put off`, true, drop);
        continue;
      }
      if (one.at === 'confirmed')
        this.maker.write({
          label: `the event of ${name} is marked`,
          jobs: [one.job],
          transition: () => markEvent(one.seq),
          key: `mark event ${one.seq}`,
          after: drop,
        });
      if (one.at === 'unconfirmed')
        this.maker.write({
          label: `the event of ${name} is put off`,
          jobs: [one.job],
          transition: () => postponeEvent(one.seq),
          key: `postpone event ${one.seq}`,
          after: drop,
        });
    }
  }

  #publishEvent(index: number): void {
    const { world, model } = this.maker;
    const one = world.events[index]!;
    const { evt, state } = world.durable[one.job]!.job;
    this.maker.add(`the event of ${jobName(one.job)} is published`, true, (draft) => {
      if ((evt?.seq ?? 0) < one.seq) draft.broken ??= `${PROPERTIES.told}: a fail-over can still take the end back`;
      // Nothing comes after COMPLETED.
      else if (one.by && (evt?.seq !== one.seq || state !== 'COMPLETED'))
        draft.broken ??= `${PROPERTIES.told}: it is another than the event of this commit`;
      draft.events[index] = { ...one, at: 'confirmed' };
      draft.told[one.job] = Math.max(draft.told[one.job]!, one.seq);
    });
    this.maker.add(`the event of ${jobName(one.job)} is not confirmed`, false, (draft) => {
      if (!one.by) draft.events[index] = { ...one, at: 'unconfirmed' };
      // A worker leaves it to the relay, and settles nothing.
      else if (model.protocol.settlesConfirmedAlone) draft.events.splice(index, 1);
      else draft.events[index] = { ...one, at: 'confirmed' };
    });
  }
}
