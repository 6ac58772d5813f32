import type { JobPart, JobState } from './job.ts';

/**
 * The small language in which every change of a job record is written: a condition and an update, as data. The Mongo
 * adapter turns it into one update; the in-memory store and the model interpret it. So all three run the same protocol.
 */
export interface Transition {
  /** Name in docs/protocol.md, logs and metrics, e.g. `claim`. */
  readonly name: TransitionName;
  readonly when: Condition;
  /** Applied before `set`, so that an object can be replaced as a whole. */
  readonly unset?: readonly string[];
  /** Leaf path → value. */
  readonly set?: Readonly<Record<string, FieldValue>>;
  /** Path → amount to add. */
  readonly inc?: Readonly<Record<string, number>>;
  /** Appends one element to an array; `keepLast` bounds it. */
  readonly append?: { readonly path: 'results' | 'log'; readonly value: Readonly<Record<string, FieldValue>>; readonly keepLast?: number };
  readonly known?: Known;
  /** `majority`: durable when it returns. `local`: may be rolled back by a fail-over (w:1). */
  readonly durability: 'majority' | 'local';
}

/**
 * What the condition leaves no doubt about. A store may compute with it instead of asking each record, and may take moments from its
 * clock as its client estimates it: the update then needs no expressions (docs/performance.md, "What a job costs the database").
 */
export interface Known {
  /** Values of fields that are the same in every record that meets the condition. */
  readonly fields: Readonly<Record<string, number>>;
  /** No moment that the update writes is before it: the newest that those records have. */
  readonly notBefore: Date;
}

export type TransitionName =
  | 'mark'
  | 'claim'
  | 'claim_commit'
  | 'heartbeat'
  | 'progress'
  | 'commit'
  | 'fail'
  | 'dead'
  | 'lease_lost'
  | 'crash_loop'
  | 'cancel'
  | 'release'
  | 'expire'
  | 'replay'
  | 'undo_replay'
  | 'rearm'
  | 'park'
  | 'replan'
  | 'take'
  | 'take_dead'
  | 'mark_dead'
  | 'owe_dead'
  | 'audit'
  | 'postpone_event'
  | 'mark_event'
  | 'remove_part'
  | 'retain';

/** What the record must look like. All present parts must hold. */
export interface Condition {
  readonly state?: JobState | readonly JobState[];
  readonly stage?: number;
  readonly gen?: number;
  /** One of these claims holds the record. */
  readonly claim?: string | readonly string[];
  readonly active?: true;
  /** The debt has one of these tokens. */
  readonly pubBy?: string | readonly string[];
  readonly pubTo?: 'dlq' | 'none';
  /** pub.due is present and not later than the store's clock. */
  readonly pubDue?: true;
  readonly pubDueAbsent?: true;
  readonly leaseExpired?: true;
  readonly deadlinePassed?: true;
  readonly evtSeq?: number;
  /** The record keeps what it was as a dead letter of this generation. */
  readonly formerGen?: number;
  /** Retention has removed none of these. */
  readonly keeps?: readonly JobPart[];
}

/** A literal, a moment on the store's clock, a field of the record before the update, or the larger of field and number. */
export type FieldValue = Literal | ServerTime | FieldRef | AtLeast;
export type Literal = string | number | boolean | null | Date | { readonly literal: unknown };
/**
 * Store's clock plus some ms; never before the newest moment at `notBefore` (a path; through an array: of each element). The
 * clock is read when a command arrives, not when it writes: of two writes, the later one may have read it first.
 */
export interface ServerTime {
  readonly serverNowPlusMs: number;
  readonly notBefore?: string;
}
/** Value of the record's own field before the update; the key is left out where the field is absent. */
export interface FieldRef {
  readonly field: string;
  /** Added to a number, or in ms to a date. */
  readonly plus?: number;
}
/** max(present value of the set path or 0, the number). */
export interface AtLeast {
  readonly atLeast: number;
}

export const serverNow = (plusMs = 0): ServerTime => ({ serverNowPlusMs: plusMs });
/** The store's clock plus some ms, or the newest moment at a path of the record before the update, whichever is later. */
export const serverNowSince = (notBefore: string, plusMs = 0): ServerTime => ({ serverNowPlusMs: plusMs, notBefore });
export const fieldOf = (field: string, plus?: number): FieldRef => ({ field, ...(plus !== undefined && { plus }) });
/** Wraps an object so that it replaces what was there instead of merging into it. */
export const literal = (value: unknown): Literal => ({ literal: value });
