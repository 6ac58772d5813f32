import type { EventNote } from '../../shared/domain/event-note.ts';
import { OWED_AFTER_MS, RELAY_AGAIN_MS } from '../../shared/domain/transitions.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DueNote } from '../../shared/ports/event-notes.ts';

/** What this node has, and what no fail-over can take back. */
interface Versions {
  local: DueNote | undefined;
  majority: DueNote | undefined;
}

/** Whether a write is durable when it is answered. */
export interface Replication {
  readonly isHeld: boolean;
  readonly isUncertain: boolean;
}

/** The notes of a MemoryJobStore. */
export class MemoryEventNotes {
  readonly #clock: Clock;
  readonly #notes = new Map<string, Versions>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The notes themselves, to look at only. */
  get local(): readonly DueNote[] {
    return [...this.#notes.values()].flatMap(({ local }) => local ?? []);
  }

  get durable(): readonly DueNote[] {
    return [...this.#notes.values()].flatMap(({ majority }) => majority ?? []);
  }

  insert(note: EventNote, { isHeld, isUncertain }: Replication): void {
    if (this.#notes.get(note.id)?.local) throw new Error(`There is a note ${note.id}`);
    this.#write(note.id, { ...note, due: this.#in(OWED_AFTER_MS) }, isHeld && isUncertain);
  }

  makeDue(id: string, isHeld: boolean): void {
    const note = this.#notes.get(id)?.local;
    if (note) this.#write(id, { ...note, due: this.#clock.now() }, isHeld);
  }

  due(limit: number): readonly DueNote[] {
    const now = this.#clock.now();
    return this.local
      .filter(({ due }) => due <= now)
      .toSorted((a, b) => a.due.getTime() - b.due.getTime())
      .slice(0, limit);
  }

  postpone(note: DueNote, isHeld: boolean): void {
    const known = this.#notes.get(note.id)?.local;
    if (known?.due.getTime() === note.due.getTime()) this.#write(note.id, { ...note, due: this.#in(RELAY_AGAIN_MS) }, isHeld);
  }

  remove(ids: readonly string[], isHeld: boolean): void {
    for (const id of ids) if (this.#notes.get(id)?.local) this.#write(id, undefined, isHeld);
  }

  has(claim: string, jobId: string): boolean {
    return this.#notes.get(claim)?.local?.jobs.some(({ id }) => id === jobId) === true;
  }

  rollBack(): void {
    for (const versions of this.#notes.values()) versions.local = versions.majority;
    this.#forgetGone();
  }

  replicate(): void {
    for (const versions of this.#notes.values()) versions.majority = versions.local;
    this.#forgetGone();
  }

  #write(id: string, note: DueNote | undefined, isOnlyLocal: boolean): void {
    this.#notes.set(id, { local: note, majority: isOnlyLocal ? this.#notes.get(id)?.majority : note });
    this.#forgetGone();
  }

  #forgetGone(): void {
    for (const [id, { local, majority }] of this.#notes) if (!local && !majority) this.#notes.delete(id);
  }

  #in(ms: number): Date {
    return new Date(this.#clock.now().getTime() + ms);
  }
}
