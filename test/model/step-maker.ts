import type { Transition } from '../../shared/domain/transition.ts';
import type { MemoryHolder } from '../support/memory-places.ts';
import type { Step } from './explore.ts';
import type { Model } from './model.ts';
import { wrongChange } from './properties.ts';
import { type Draft, draftOf, type Mark, type Message, type Ticket, type World } from './world.ts';

/** `ok`: acknowledged. `lost`: applied, but reported as failed. `failed`: not applied, reported as failed. */
export type Answer = 'ok' | 'lost' | 'failed';

/** A write of one transition to some jobs. */
export interface Write {
  readonly label: string;
  readonly jobs: readonly number[];
  readonly transition: () => Transition;
  /** Names the transition with its values. */
  readonly key: string;
  /** The tickets for which it is made, in the order of the jobs. */
  readonly by?: readonly Ticket[];
  /** Done first, whatever becomes of the write. */
  readonly before?: (draft: Draft) => void;
  /** Goes on in the writer. @param matched by index of `jobs`; meaningless unless the answer is `ok`. */
  readonly after: (draft: Draft, answer: Answer, matched: readonly boolean[]) => void;
  readonly isFair?: boolean;
  /** Its answer may be lost although it is applied: true but for what would go on without bound. */
  readonly mayBeLost?: boolean;
}

/** A write to the places of the limit; durable once it is acknowledged. */
export interface PlacesWrite {
  readonly label: string;
  readonly change: (holders: readonly MemoryHolder[]) => readonly MemoryHolder[];
  readonly after: (draft: Draft, answer: Answer) => void;
}

/** A doorbell to ring after a write. */
export interface Ring {
  readonly job: number;
  readonly stage: number;
  readonly gen: number;
  readonly token: string;
  /** Its mark may be written: true but for bells that leave early. */
  readonly isMarked?: boolean;
}

export interface RingOption {
  readonly label: string;
  readonly isFair: boolean;
  /** Confirmed, and then lost by the broker. */
  readonly isLost?: boolean;
  apply(draft: Draft): void;
}

/** Gathers the steps out of one world. */
export class StepMaker {
  readonly model: Model;
  readonly world: World;
  readonly steps: Step<World>[] = [];

  constructor(model: Model, world: World) {
    this.model = model;
    this.world = world;
  }

  /** Adds a step. */
  add(label: string, isFair: boolean, change: (draft: Draft) => void): void {
    const draft = draftOf(this.world);
    change(draft);
    const to = this.model.canonical(draft);
    this.steps.push({ label, isFair, to, ...(draft.broken !== undefined && { violation: draft.broken }) });
  }

  /** Adds the steps of a write: its answers, and its part where it may be applied in part. */
  write({ label, jobs, transition, key, by, before = () => {}, after, isFair = true, mayBeLost = true }: Write): void {
    const { unknown } = this.model.features;
    this.add(label, isFair, (draft) => {
      before(draft);
      const matched = jobs.map((job, index) => this.#apply(draft, job, transition, key, by?.[index]));
      this.#acknowledge(draft, transition);
      after(draft, 'ok', matched);
    });
    if (!unknown) return;
    this.add(`${label}: fails`, false, (draft) => {
      before(draft);
      after(draft, 'failed', []);
    });
    if (!mayBeLost) return;
    for (const part of parts(jobs.filter((job) => this.matches(job, transition, key)))) {
      const which = jobs.length > 1 ? ` for ${part.map(jobName).join(' and ')}` : '';
      this.add(`${label}: applied${which}, reported as failed`, false, (draft) => {
        before(draft);
        for (const job of part) this.#apply(draft, job, transition, key, by?.[jobs.indexOf(job)]);
        if (!this.model.features.failover) makeDurable(draft);
        after(draft, 'lost', []);
      });
    }
  }

  /** Adds the steps of a write to the places. */
  writePlaces({ label, change, after }: PlacesWrite): void {
    this.add(label, true, (draft) => {
      draft.places = change(draft.places);
      makeDurable(draft);
      after(draft, 'ok');
    });
    if (!this.model.features.unknown) return;
    this.add(`${label}: fails`, false, (draft) => after(draft, 'failed'));
    this.add(`${label}: applied, reported as failed`, false, (draft) => {
      draft.places = change(draft.places);
      if (!this.model.features.failover) makeDurable(draft);
      after(draft, 'lost');
    });
  }

  /** Whether the transition's condition holds for the job. */
  matches(job: number, transition: () => Transition, key: string): boolean {
    return this.model.write(this.world.local[job]!, transition, key) !== undefined;
  }

  #apply(draft: Draft, job: number, transition: () => Transition, key: string, by: Ticket | undefined): boolean {
    const before = draft.local[job]!;
    const after = this.model.write(before, transition, key);
    if (!after) return false;
    draft.local[job] = { key: '', job: after };
    const wrong = wrongChange({ before: before.job, after, name: transition().name, ...(by && { by }) });
    if (wrong !== undefined) draft.broken ??= wrong;
    return true;
  }

  #acknowledge(draft: Draft, transition: () => Transition): void {
    const { failover } = this.model.features;
    if (!failover || this.model.protocol.rewrite(transition()).durability === 'majority') makeDurable(draft);
  }

  /** An early bell counts as rung. */
  marks({ job, gen, token }: Ring): RingOption {
    return { label: ', marks its early bell', isFair: true, apply: (draft) => void draft.marks.push({ job, gen, token }) };
  }

  /** Marks of a job whose newest ring was not confirmed go: they are written many at a time. */
  dropMarks(draft: Draft, job: number): void {
    const { features, protocol } = this.model;
    if (features.gatheredMarks && protocol.dropsMarksOfUnconfirmed) draft.marks = draft.marks.filter((one) => one.job !== job);
  }

  /** What may become of bells that are published together. */
  rings(rings: readonly Ring[]): readonly RingOption[] {
    let all: readonly RingOption[] = [{ label: '', isFair: true, apply: () => {} }];
    for (const ring of rings) all = all.flatMap((before) => this.#ringOptions(ring).map((option) => both(before, option)));
    return all;
  }

  #ringOptions({ job, stage, gen, token, isMarked = true }: Ring): RingOption[] {
    const mark: Mark = { job, gen, token };
    const message: Message = { stage, bells: [{ job, gen }], isRedelivered: false, isByHand: false };
    const addMark = (draft: Draft): void => {
      if (isMarked) draft.marks.push(mark);
    };
    const { lossy } = this.model.features;
    const options: RingOption[] = [
      {
        label: ', rings',
        isFair: true,
        apply: (draft) => {
          draft.queue.push(message);
          addMark(draft);
        },
      },
      {
        label: ', does not ring',
        isFair: false,
        apply: (draft) => this.dropMarks(draft, job),
      },
    ];
    if (lossy) options.push({ label: ', rings and the broker loses it', isFair: false, isLost: true, apply: addMark });
    return options;
  }
}

/** Writes become durable in order: the last one with all before it. */
export function makeDurable(draft: Draft): void {
  draft.durable = draft.local.slice();
  draft.durablePlaces = draft.places;
  draft.durableNotes = draft.notes;
}

function both(first: RingOption, second: RingOption): RingOption {
  return {
    label: first.label + second.label,
    isFair: first.isFair && second.isFair,
    isLost: first.isLost === true || second.isLost === true,
    apply: (draft) => {
      first.apply(draft);
      second.apply(draft);
    },
  };
}

function parts(jobs: readonly number[]): readonly (readonly number[])[] {
  if (jobs.length === 0) return [];
  return jobs.length === 1 ? [jobs] : [[jobs[0]!], [jobs[1]!], jobs];
}

export function jobName(job: number): string {
  return job === 0 ? 'job A' : 'job B';
}
