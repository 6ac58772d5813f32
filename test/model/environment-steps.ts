import { ACTIVE_STATES, type JobRecord, TERMINAL_STATES } from '../../shared/domain/job.ts';
import {
  cancel,
  crashLoop,
  expire,
  leaseLost,
  MAX_CRASHES,
  mark,
  markDead,
  markEvent,
  oweDead,
  rearm,
  replay,
  take,
  takeDead,
  takeEvent,
} from '../../shared/domain/transitions.ts';
import { isDue, isLater, isOver } from './model.ts';
import { PROPERTIES } from './properties.ts';
import { jobName, makeDurable, type StepMaker } from './step-maker.ts';
import type { Draft, Letter, Rec } from './world.ts';

const FRESH = 'n';
const ERROR = { code: 'model', message: 'model', errorClass: 'crash' } as const;
const OVER = new Date(-1);
const NOW = new Date(0);

/** Everything that is not a worker: time, replication, gateway, scheduler, broker, operators. */
export class EnvironmentSteps {
  readonly #maker: StepMaker;

  constructor(maker: StepMaker) {
    this.#maker = maker;
  }

  addAll(): void {
    const { world, model } = this.#maker;
    const { features, protocol } = model;
    for (const job of world.local.keys()) {
      this.#timePasses(job);
      this.#rescue(job);
      this.#requests(job);
      if (features.audit) this.#audit(job);
      if (features.deadLetters) this.#deadLetters(job);
      if (features.events) this.#findEvent(job);
    }
    if (protocol.relays) this.#relay();
    this.#marks();
    if (features.failover) this.#replication();
    if (features.lossy) this.#loss();
    if (features.deadLetters) this.#letters();
    if (features.events) this.#eventWork();
  }

  #local(job: number): JobRecord {
    return this.#maker.world.local[job]!.job;
  }

  // --- time, replication, loss

  #timePasses(job: number): void {
    const { local, durable } = this.#maker.world;
    const versions = [local[job]!.job, durable[job]!.job];
    const tick = (what: string, change: (one: JobRecord) => JobRecord): void =>
      this.#maker.add(`time passes: ${what} of ${jobName(job)}`, true, (draft) => {
        const passed = (rec: Rec): Rec => ({ key: '', job: change(rec.job) });
        const isSame = draft.local[job] === draft.durable[job];
        draft.local[job] = passed(draft.local[job]!);
        draft.durable[job] = isSame ? draft.local[job]! : passed(draft.durable[job]!);
      });
    if (versions.some(({ pub }) => isLater(pub?.due)))
      tick('the bell is due', ({ runAt: _, ...one }) => (isLater(one.pub?.due) ? { ...one, pub: { ...one.pub, due: NOW } } : one));
    const isKept = this.#maker.model.features.keepsLeases && this.#isHolderAlive(job);
    if (!isKept && versions.some(({ lease }) => isLater(lease?.until)))
      tick('the lease ends', (one) => (one.lease ? { ...one, lease: { until: OVER } } : one));
    if (versions.some(({ evt }) => isLater(evt?.due)))
      tick('the event is due', (one) => (isLater(one.evt?.due) ? { ...one, evt: { ...one.evt!, due: NOW } } : one));
    if (versions.some(({ deadlineAt }) => isLater(deadlineAt)))
      tick('the deadline', (one) => (one.deadlineAt ? { ...one, deadlineAt: OVER } : one));
  }

  #isHolderAlive(job: number): boolean {
    const { claim } = this.#local(job);
    return this.#maker.world.workers.some((tickets) =>
      tickets.some((one) => one.job === job && one.claim !== undefined && one.claim === claim),
    );
  }

  #replication(): void {
    const { local, durable } = this.#maker.world;
    if (local.every((rec, job) => rec === durable[job])) return;
    this.#maker.add('what was written becomes durable', true, makeDurable);
    this.#maker.add('a fail-over takes back what was not durable', false, (draft) => {
      draft.local = draft.durable.slice();
    });
  }

  #loss(): void {
    for (const [index, { stage }] of this.#maker.world.queue.entries())
      this.#maker.add(`the broker loses a bell of stage ${stage}`, false, (draft) => void draft.queue.splice(index, 1));
  }

  // --- scheduler

  #relay(): void {
    const { features } = this.#maker.model;
    const isOwed = (job: number): boolean => {
      const { pub, state } = this.#local(job);
      return pub?.due !== undefined && ACTIVE_STATES.includes(state) && this.#maker.matches(job, () => take(FRESH), 'take');
    };
    const due = [...this.#maker.world.local.keys()].filter(isOwed);
    for (const job of due) this.#take([job]);
    if (features.batch && due.length > 1) this.#take(due);
  }

  #take(jobs: readonly number[]): void {
    const transition = take(FRESH);
    const rings = jobs.map((job) => ({ job, stage: this.#local(job).stage, gen: this.#local(job).gen, token: FRESH }));
    for (const ring of this.#maker.rings(rings))
      this.#maker.write({
        label: `the relay takes the bell of ${jobs.map(jobName).join(' and ')}${ring.label}`,
        jobs,
        transition: () => transition,
        key: 'take',
        isFair: ring.isFair,
        after: (draft, answer, matched) => {
          // Read back by the token where the outcome is unknown, by majority (shared/jobs/relay-due.ts).
          const isRead = answer === 'ok' ? matched.some(Boolean) : answer === 'lost' && this.#maker.model.protocol.ringsTakeReadBack;
          if (isRead && jobs.every((job) => draft.local[job]!.job.pub?.by === FRESH)) ring.apply(draft);
        },
      });
  }

  #rescue(job: number): void {
    const { state, lease, claim = '', crashes } = this.#local(job);
    if (state !== 'RUNNING' || !isOver(lease?.until)) return;
    const isLast = crashes + 1 >= MAX_CRASHES;
    const terms = { claim, token: FRESH, error: ERROR };
    this.#maker.write({
      label: `the scheduler finds the lease of ${jobName(job)} over${isLast ? ' for the last time' : ''}`,
      jobs: [job],
      transition: () => (isLast ? crashLoop({ ...terms, retainMs: 1 }) : leaseLost({ ...terms, afterMs: 1 })),
      key: `lost ${claim} ${isLast}`,
      after: (draft, answer, matched) => {
        const isInnocent = this.#maker.model.features.poison && job > 0 && (answer === 'lost' || matched[0]);
        if (isLast && isInnocent) draft.broken ??= `${PROPERTIES.innocent}: ${jobName(job)} is given up for what job A did`;
      },
    });
  }

  #audit(job: number): void {
    const { state, gen, pub } = this.#local(job);
    if (state !== 'QUEUED' || pub?.due || !pub?.at) return;
    this.#maker.write({
      label: `the audit owes the bell of ${jobName(job)} again`,
      jobs: [job],
      transition: () => rearm(gen, FRESH, 0, 'audit'),
      key: `audit ${gen}`,
      after: () => {},
    });
  }

  #marks(): void {
    const { world, model } = this.#maker;
    if (model.features.gatheredMarks && world.marks.length > 0) return this.#gatheredMarks();
    for (const one of world.marks)
      this.#maker.write({
        label: `the ring of ${jobName(one.job)} is marked`,
        jobs: [one.job],
        transition: () => mark([one.token]),
        key: `mark ${one.token} ${model.protocol.keepsStaleMarks ? one.gen : ''}`,
        after: (draft) => void (draft.marks = draft.marks.filter((other) => other !== one)),
      });
  }

  /** What has gathered in one process is written for all its ids and tokens at once. */
  #gatheredMarks(): void {
    const { marks } = this.#maker.world;
    const jobs = [...new Set(marks.map(({ job }) => job))];
    const tokens = [...new Set(marks.map(({ token }) => token))].filter((token) => token !== '-').sort();
    this.#maker.write({
      label: `the rings of ${jobs.map(jobName).join(' and ')} are marked`,
      jobs,
      transition: () => mark(tokens),
      key: `mark ${tokens.join(',')}`,
      after: (draft) => void (draft.marks = []),
    });
  }

  // --- requests

  #requests(job: number): void {
    const { features } = this.#maker.model;
    const record = this.#local(job);
    const end = (label: string, transition: () => ReturnType<typeof cancel>, key: string, isFair = false): void =>
      this.#maker.write({ label, jobs: [job], transition, key, isFair, after: () => {} });
    if (features.cancel && record.active) end(`somebody cancels ${jobName(job)}`, () => cancel(1), 'cancel');
    if (features.deadline && record.active && isOver(record.deadlineAt))
      end(`the deadline of ${jobName(job)} has passed`, () => expire(1), 'expire');
    if (!features.replay || record.active || record.state === 'COMPLETED') return;
    this.#replay(job, record, false);
    if (features.replay === 'beginning') this.#replay(job, record, true);
  }

  #replay(job: number, { gen, stage }: JobRecord, fromBeginning: boolean): void {
    const ring = { job, stage: fromBeginning ? 0 : stage, gen: gen + 1, token: FRESH };
    for (const option of this.#maker.rings([ring]))
      this.#maker.write({
        label: `somebody replays ${jobName(job)}${fromBeginning ? ' from the beginning' : ''}${option.label}`,
        jobs: [job],
        transition: () => replay({ gen, token: FRESH, fromBeginning }),
        key: `request replay ${gen} ${fromBeginning}`,
        isFair: false,
        after: (draft, answer, matched) => {
          if (answer === 'ok' && matched[0]) option.apply(draft);
        },
      });
  }

  // --- dead letters

  #deadLetters(job: number): void {
    const { state, gen, stage, pub } = this.#local(job);
    const { letters } = this.#maker.world;
    if (state !== 'FAILED') return;
    if (isDue(pub?.due) && pub?.to === 'dlq') this.#bury(job, { job, gen, stage });
    const isThere = letters.some((one) => one.job === job && one.gen === gen && one.stage === stage);
    if (!isThere && !pub?.due && this.#maker.model.protocol.owesMissingLetters)
      this.#maker.write({
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
    const { lossy } = this.#maker.model.features;
    const outcomes: [string, boolean, (draft: Draft) => void][] = [
      ['', true, (draft) => confirmed(draft, true)],
      [' and does not publish it', false, () => {}],
      ...(lossy
        ? [[' and the broker loses it', false, (draft: Draft) => confirmed(draft, false)] as [string, boolean, (draft: Draft) => void]]
        : []),
    ];
    for (const [label, isFair, apply] of outcomes)
      this.#maker.write({
        label: `the relay takes the dead letter of ${jobName(job)}${label}`,
        jobs: [job],
        transition: () => takeDead(FRESH),
        key: 'take dead',
        isFair,
        after: (draft) => {
          if (draft.local[job]!.job.pub?.by === FRESH) apply(draft);
        },
      });
  }

  #letters(): void {
    const { world, model } = this.#maker;
    for (const one of world.deadMarks)
      this.#maker.write({
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
      this.#maker.add(`an operator moves the letter of ${jobName(job)} to the stage queue`, false, (draft) => {
        draft.letters.splice(index, 1);
        draft.queue.push(moved);
      });
      if (model.features.lossy)
        this.#maker.add(`the dead-letter queue loses a letter of ${jobName(job)}`, false, (draft) => void draft.letters.splice(index, 1));
    }
  }

  /** The janitor meets a letter: valid ones stay. */
  #walk({ job, gen, stage }: Letter, index: number): void {
    const { world, model } = this.#maker;
    const { job: record } = world.durable[job]!;
    if (record.state === 'FAILED' && record.stage === stage && record.gen === gen) return;
    const drop = (draft: Draft): void => void draft.letters.splice(index, 1);
    if (record.state === 'QUEUED' && record.gen === gen)
      return this.#maker.write({
        label: `the janitor owes the bell of ${jobName(job)} and drops its letter`,
        jobs: [job],
        transition: () => rearm(gen, FRESH),
        key: `janitor rearm ${gen}`,
        after: (draft, answer, matched) => {
          if (answer === 'ok' && matched[0]) drop(draft);
        },
      });
    if (model.protocol.mayAcknowledge({ id: 'j', gen }, stage, record, undefined))
      this.#maker.add(`the janitor drops a letter of ${jobName(job)}`, true, drop);
  }

  // --- events

  #findEvent(job: number): void {
    const { evt, state } = this.#local(job);
    if (!evt || !isDue(evt.due) || !TERMINAL_STATES.includes(state)) return;
    const { world, model } = this.#maker;
    if (world.events.some((one) => one.job === job)) return;
    // Looked at by majority before it is taken (shared/jobs/relay-events.ts).
    const isDurable = (world.durable[job]!.job.evt?.seq ?? 0) >= evt.seq;
    if (model.protocol.tellsDurableEnds && !isDurable) return;
    this.#maker.add(
      `a scheduler finds the event of ${jobName(job)}`,
      true,
      (draft) => void draft.events.push({ job, seq: evt.seq, at: 'found' }),
    );
  }

  #eventWork(): void {
    const { world } = this.#maker;
    for (const [index, one] of world.events.entries()) {
      const drop = (draft: Draft): void => void draft.events.splice(index, 1);
      const name = jobName(one.job);
      this.#maker.add(`the scheduler of ${name}'s event dies`, false, drop);
      if (one.at === 'found')
        this.#maker.write({
          label: `the scheduler takes the event of ${name}`,
          jobs: [one.job],
          transition: () => takeEvent(one.seq),
          key: `take event ${one.seq}`,
          after: (draft, answer) => {
            if (answer === 'ok') draft.events[index] = { ...one, at: 'taken' };
            else drop(draft);
          },
        });
      if (one.at === 'taken') this.#publishEvent(index);
      if (one.at === 'confirmed')
        this.#maker.write({
          label: `the event of ${name} is marked`,
          jobs: [one.job],
          transition: () => markEvent(one.seq),
          key: `mark event ${one.seq}`,
          after: drop,
        });
    }
  }

  #publishEvent(index: number): void {
    const { world } = this.#maker;
    const one = world.events[index]!;
    this.#maker.add(`the event of ${jobName(one.job)} is published`, true, (draft) => {
      if ((world.durable[one.job]!.job.evt?.seq ?? 0) < one.seq)
        draft.broken ??= `${PROPERTIES.told}: a fail-over can still take the end back`;
      draft.events[index] = { ...one, at: 'confirmed' };
      draft.told[one.job] = Math.max(draft.told[one.job]!, one.seq);
    });
  }
}
