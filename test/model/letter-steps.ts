import { markDead, oweDead, rearm, takeDead } from '../../shared/domain/transitions.ts';
import { EnvironmentView } from './environment-view.ts';
import { isDue } from './model.ts';
import { jobName } from './step-maker.ts';
import { FRESH } from './worker-hands.ts';
import type { Draft, Letter } from './world.ts';

/** Dead letters: relay, janitor, operators, loss. */
export class LetterSteps extends EnvironmentView {
  deadLetters(job: number): void {
    const { state, gen, stage, pub } = this.local(job);
    const { letters } = this.maker.world;
    if (state !== 'FAILED') return;
    if (isDue(pub?.due) && pub?.to === 'dlq') this.#bury(job, { job, gen, stage });
    const isThere = letters.some((one) => one.job === job && one.gen === gen && one.stage === stage);
    if (!isThere && !pub?.due && this.maker.model.protocol.owesMissingLetters)
      this.maker.write({
        label: `the janitor misses the letter of ${jobName(job)}`,
        jobs: [job],
        transition: () => oweDead(gen, FRESH),
        key: `owe dead ${gen}`,
        after: () => {},
      });
  }

  #bury(job: number, letter: Letter): void {
    const confirmed = (draft: Draft, isThere: boolean): void => {
      if (isThere) draft.letters.push(letter);
      draft.deadMarks.push({ job, gen: letter.gen, token: FRESH });
    };
    const { lossy } = this.maker.model.features;
    const outcomes: [string, boolean, (draft: Draft) => void][] = [
      ['', true, (draft) => confirmed(draft, true)],
      [' and does not publish it', false, () => {}],
      ...(lossy
        ? [[' and the broker loses it', false, (draft: Draft) => confirmed(draft, false)] as [string, boolean, (draft: Draft) => void]]
        : []),
    ];
    for (const [label, isFair, apply] of outcomes)
      this.maker.write({
        label: `the relay takes the dead letter of ${jobName(job)}${label}`,
        jobs: [job],
        transition: () => takeDead(FRESH),
        key: 'take dead',
        isFair,
        after: (draft, answer, matched) => {
          // Read back by majority where the outcome is unknown (shared/jobs/relay-due.ts).
          const isRead = answer === 'ok' ? matched[0]! : answer === 'lost' && this.maker.model.protocol.ringsTakeReadBack;
          if (isRead) apply(draft);
        },
      });
  }

  letters(): void {
    const { world, model } = this.maker;
    for (const one of world.deadMarks)
      this.maker.write({
        label: `the dead letter of ${jobName(one.job)} is marked`,
        jobs: [one.job],
        transition: () => markDead(one.gen, one.token),
        key: `mark dead ${one.gen} ${one.token}`,
        after: (draft) => void (draft.deadMarks = draft.deadMarks.filter((other) => other !== one)),
      });
    for (const [index, letter] of world.letters.entries()) {
      this.#walk(letter, index);
      const { job, gen, stage } = letter;
      const moved = { stage, bells: [{ job, gen }], isRedelivered: false, isByHand: true };
      this.maker.add(`an operator moves the letter of ${jobName(job)} to the stage queue`, false, (draft) => {
        draft.letters.splice(index, 1);
        draft.queue.push(moved);
      });
      if (model.features.lossy)
        this.maker.add(`the dead-letter queue loses a letter of ${jobName(job)}`, false, (draft) => void draft.letters.splice(index, 1));
    }
  }

  /** The janitor meets a letter: valid ones stay. */
  #walk({ job, gen, stage }: Letter, index: number): void {
    const { world, model } = this.maker;
    const { job: record } = world.durable[job]!;
    if (record.state === 'FAILED' && record.stage === stage && record.gen === gen) return;
    const drop = (draft: Draft): void => void draft.letters.splice(index, 1);
    if (record.state === 'QUEUED' && record.gen === gen)
      return this.maker.write({
        label: `the janitor owes the bell of ${jobName(job)} and drops its letter`,
        jobs: [job],
        transition: () => rearm(gen, FRESH),
        key: `janitor rearm ${gen}`,
        after: (draft, answer, matched) => {
          if (answer === 'ok' && matched[0]) drop(draft);
        },
      });
    if (model.protocol.mayAcknowledge({ id: 'j', gen }, stage, record, undefined))
      this.maker.add(`the janitor drops a letter of ${jobName(job)}`, true, drop);
  }
}
