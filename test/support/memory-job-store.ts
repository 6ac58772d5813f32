import type { EventNote } from '../../shared/domain/event-note.ts';
import { InvalidCursorError, StoreUnavailableError } from '../../shared/domain/failures.ts';
import { type JobPayload, type JobRecord, SCHEMA_VERSION, TERMINAL_STATES } from '../../shared/domain/job.ts';
import type { Transition } from '../../shared/domain/transition.ts';
import { OWED_AFTER_MS } from '../../shared/domain/transitions.ts';
import type { QueueReport } from '../../shared/domain/watermark.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DueNote, NotedJob } from '../../shared/ports/event-notes.ts';
import type {
  Backlog,
  DueEvents,
  DueInstants,
  InsertOutcome,
  JobFilter,
  JobPage,
  JobStore,
  JobWithPayload,
  NewJob,
  QueueNote,
  ReadConcern,
  ScannedJob,
  SweepQuery,
} from '../../shared/ports/job-store.ts';
import { asWorked } from './as-worked.ts';
import { copyOf } from './copy-of.ts';
import { MemoryEventNotes, type Replication } from './memory-event-notes.ts';
import { findInOrder, owingEvents } from './memory-sweeps.ts';
import { applyUpdate, meetsCondition } from './memory-transition.ts';

/** A call of the store as a fault or a hook sees it. */
export interface StoreCall {
  readonly method: keyof JobStore;
  /** Of `apply` and `claim`. */
  readonly transition?: Transition;
  readonly ids: readonly string[];
}

interface Fault {
  readonly at: 'before' | 'after';
  readonly matches: (call: StoreCall) => boolean;
  left: number;
}

/** What this node has, and what no fail-over can take back. */
interface Versions {
  local: JobRecord;
  majority: JobRecord | undefined;
}

const INLINE_PAYLOAD_CHARS = 4_096;
const COUNTED = new Set(['QUEUED', 'RUNNING', 'RETRY_WAIT', 'SCHEDULED', 'FAILED']);
const any = (): boolean => true;

/**
 * A JobStore in memory that passes the contract of the real one: it interprets transitions completely, over the clock
 * that it is given. A test may let calls fail before or after they were applied, hold them up, and play a fail-over.
 */
export class MemoryJobStore implements JobStore {
  /** Awaited before each call: to hold it up, or to let something else happen first. */
  hook: ((call: StoreCall) => Promise<void> | void) | undefined;
  /**
   * While true, writes that are not durable, and durable ones whose outcome is unknown, stay on this node: `rollBack` undoes
   * them, majority reads do not see them.
   */
  isReplicationHeld = false;
  /** Told of each write of each job, with the record before and after, and by which transition (absent: an insert). */
  onChange: ((before: JobRecord | undefined, after: JobRecord, transition?: Transition) => void) | undefined;
  /** Told of each job that a fail-over changed, and what is left of it. */
  onRollBack: ((id: string, to: JobRecord | undefined) => void) | undefined;
  /** Every call, in order. */
  readonly calls: StoreCall[] = [];
  readonly notes: MemoryEventNotes;
  readonly #clock: Clock;
  readonly #given: <T>(value: T) => T;
  readonly #jobs = new Map<string, Versions>();
  readonly #payloads = new Map<string, string>();
  readonly #queueReports = new Map<string, QueueReport>();
  #faults: Fault[] = [];
  /** Of `records`, until something changes. */
  #records: readonly JobRecord[] | undefined;
  /** The write at hand will be answered with a failure. */
  #isUncertain = false;

  /** @param options.isTrusted callers change nothing that they are given, so that nothing is copied for them. */
  constructor({ clock, isTrusted = false }: { clock: Clock; isTrusted?: boolean }) {
    this.#clock = clock;
    this.notes = new MemoryEventNotes(clock);
    this.#given = isTrusted ? (value) => value : copyOf;
  }

  /** The next `count` calls that match fail without effect. */
  failBefore(count: number, matches: (call: StoreCall) => boolean = any): void {
    this.#faults.push({ at: 'before', matches, left: count });
  }

  /** The next `count` calls that match take effect and fail: their outcome is unknown to the caller. */
  failAfter(count: number, matches: (call: StoreCall) => boolean = any): void {
    this.#faults.push({ at: 'after', matches, left: count });
  }

  heal(): void {
    this.#faults = [];
  }

  /** A fail-over: what was not durable is gone. */
  rollBack(): void {
    this.#records = undefined;
    this.notes.rollBack();
    for (const [id, versions] of this.#jobs) {
      if (versions.majority === versions.local) continue;
      if (versions.majority) versions.local = versions.majority;
      else this.#jobs.delete(id);
      this.onRollBack?.(id, versions.majority);
    }
  }

  /** What this node has is durable now, and writes replicate again. */
  replicate(): void {
    this.isReplicationHeld = false;
    this.notes.replicate();
    for (const versions of this.#jobs.values()) versions.majority = versions.local;
  }

  /** Puts a record as it is, past the protocol. */
  put(record: JobRecord): void {
    this.#records = undefined;
    const copy = copyOf(record);
    this.#jobs.set(record.id, { local: copy, majority: copy });
  }

  /** A record as it is, past faults and hooks. */
  peek(id: string): JobRecord | undefined {
    return copyOf(this.#jobs.get(id)?.local);
  }

  /** The same, as no fail-over can take it back. */
  peekDurable(id: string): JobRecord | undefined {
    return copyOf(this.#jobs.get(id)?.majority);
  }

  /** Retention has removed the job. */
  forget(id: string): void {
    this.#records = undefined;
    this.#jobs.delete(id);
    this.#payloads.delete(id);
  }

  removePayloads(ids: readonly string[]): void {
    for (const id of ids) this.#payloads.delete(id);
  }

  /** The records themselves, to look at only. */
  get records(): readonly JobRecord[] {
    return (this.#records ??= Array.from(this.#jobs.values(), ({ local }) => local));
  }

  all(): readonly JobRecord[] {
    return [...this.#jobs.values()].map(({ local }) => copyOf(local));
  }

  insert(jobs: readonly NewJob[]): Promise<readonly InsertOutcome[]> {
    return this.#call({ method: 'insert', ids: jobs.map(({ id }) => id) }, () => jobs.map((job) => this.#insertOne(job)));
  }

  apply(ids: readonly string[], transition: Transition): Promise<number> {
    return this.#call({ method: 'apply', ids, transition }, () => this.#change(ids, transition).length);
  }

  claim(ids: readonly string[], transition: Transition): Promise<readonly JobWithPayload[]> {
    return this.#call({ method: 'claim', ids, transition }, () => this.#change(ids, transition).map((one) => this.#withPayload(one)));
  }

  read(ids: readonly string[], concern: ReadConcern): Promise<readonly JobRecord[]> {
    return this.#call({ method: 'read', ids }, () =>
      [...new Set(ids)].flatMap((id) => {
        const record = this.#jobs.get(id)?.[concern];
        return record ? [this.#given(record)] : [];
      }),
    );
  }

  readByKey(tenant: string, idemKey: string): Promise<JobRecord | undefined> {
    return this.#call({ method: 'readByKey', ids: [] }, () => {
      const found = [...this.#jobs.values()].find(({ majority }) => majority?.tenant === tenant && majority.idemKey === idemKey);
      return found?.majority && this.#given(found.majority);
    });
  }

  readWithPayloads(ids: readonly string[]): Promise<readonly JobWithPayload[]> {
    return this.#call({ method: 'readWithPayloads', ids }, () => {
      const known = [...new Set(ids)].flatMap((id) => this.#jobs.get(id)?.local ?? []);
      return known.map((record) => this.#taken(record));
    });
  }

  /** A transition may write a payload, which is no part of the record. */
  #withoutPayload(record: JobRecord & { readonly payload?: string }): JobRecord {
    if (record.payload === undefined) return record;
    const { payload, ...rest } = record;
    this.#payloads.set(record.id, payload);
    return rest;
  }

  /** As a worker reads it. */
  #taken(record: JobRecord): JobWithPayload {
    const { record: given, ...payload } = this.#withPayload(record);
    return { record: asWorked(given), ...payload };
  }

  /** A long payload is stored apart, as in MongoDB. */
  #withPayload(record: JobRecord): JobWithPayload & { readonly record: JobRecord } {
    const text = this.#payloads.get(record.id);
    const isHere = text !== undefined && text.length <= INLINE_PAYLOAD_CHARS;
    return { record: this.#given(record), ...(isHere && { payload: JSON.parse(text) as JobPayload }) };
  }

  readPayloads(ids: readonly string[]): Promise<ReadonlyMap<string, JobPayload>> {
    return this.#call({ method: 'readPayloads', ids }, () => {
      const known = ids.filter((id) => this.#payloads.has(id));
      return new Map(known.map((id) => [id, JSON.parse(this.#payloads.get(id)!) as JobPayload]));
    });
  }

  find(query: SweepQuery, limit: number): Promise<readonly JobRecord[]> {
    return this.#call({ method: 'find', ids: [] }, () => this.#given(findInOrder(this.records, query, this.#clock.now()).slice(0, limit)));
  }

  dueEvents(limit: number): Promise<DueEvents> {
    return this.#call({ method: 'dueEvents', ids: [] }, () => {
      const found = owingEvents(this.records, this.#clock.now()).slice(0, limit);
      const events = found.flatMap(({ id, evt }) => {
        const record = this.#jobs.get(id)?.majority;
        if (!record?.evt || record.evt.seq !== evt!.seq || !TERMINAL_STATES.includes(record.state)) return [];
        const { tenant, type, state, createdAt, doneAt, expireAt, err, callback } = this.#given(record);
        return [
          {
            id,
            seq: evt!.seq,
            tenant,
            type,
            state,
            createdAt,
            ...(doneAt && { doneAt }),
            ...(expireAt && { expireAt }),
            ...(err && { err }),
            ...(callback && { callback }),
          },
        ];
      });
      return { events, isMore: found.length === limit && events.length > 0 };
    });
  }

  insertNote(note: EventNote): Promise<void> {
    return this.#call({ method: 'insertNote', ids: idsIn(note) }, () => this.notes.insert(note, this.#replication));
  }

  makeNoteDue(id: string): Promise<void> {
    return this.#call({ method: 'makeNoteDue', ids: [] }, () => this.notes.makeDue(id, this.isReplicationHeld));
  }

  dueNotes(limit: number): Promise<readonly DueNote[]> {
    return this.#call({ method: 'dueNotes', ids: [] }, () => this.#given(this.notes.due(limit)));
  }

  readNoted(ids: readonly string[]): Promise<readonly NotedJob[]> {
    return this.#call({ method: 'readNoted', ids }, () => ids.flatMap((id) => notedJob(this.#jobs.get(id)?.majority) ?? []));
  }

  postponeNote(note: DueNote): Promise<void> {
    return this.#call({ method: 'postponeNote', ids: idsIn(note) }, () => this.notes.postpone(note, this.isReplicationHeld));
  }

  removeNotes(ids: readonly string[]): Promise<void> {
    return this.#call({ method: 'removeNotes', ids: [] }, () => this.notes.remove(ids, this.isReplicationHeld));
  }

  isNoted(claim: string, jobId: string): Promise<boolean> {
    return this.#call({ method: 'isNoted', ids: [jobId] }, () => this.notes.has(claim, jobId));
  }

  get #replication(): Replication {
    return { isHeld: this.isReplicationHeld, isUncertain: this.#isUncertain };
  }

  list(filter: JobFilter, limit: number, after?: string): Promise<JobPage> {
    return this.#call({ method: 'list', ids: [] }, () => {
      const wanted = Object.entries(filter).filter(([, value]) => value !== undefined);
      const position = after === undefined ? undefined : readCursor(after);
      const rest = this.all()
        .filter((job) => wanted.every(([key, value]) => job[key as keyof JobFilter] === value))
        .sort(newestFirst)
        .filter((job) => !position || newestFirst(position, job) < 0);
      const jobs = rest.slice(0, limit);
      return { jobs, ...(rest.length > limit && { next: cursorOf(jobs.at(-1)!) }) };
    });
  }

  backlog(): Promise<readonly Backlog[]> {
    return this.#call({ method: 'backlog', ids: [] }, () => {
      const rows = new Map<string, Backlog>();
      for (const { stage, lane, state } of this.all()) {
        if (!COUNTED.has(state)) continue;
        const key = `${stage} ${lane} ${state}`;
        rows.set(key, { stage, lane, state, count: (rows.get(key)?.count ?? 0) + 1 });
      }
      return [...rows.values()];
    });
  }

  nextDue(kind: keyof DueInstants, after: Date): Promise<Date | undefined> {
    return this.#call({ method: 'nextDue', ids: [] }, () => {
      const all = this.all().map(({ active, deadlineAt, pub }) => (kind === 'bell' ? pub?.due : active ? deadlineAt : undefined));
      return all.filter((at): at is Date => at !== undefined && at > after).toSorted((a, b) => a.getTime() - b.getTime())[0];
    });
  }

  countQueued(): Promise<number> {
    return this.#call({ method: 'countQueued', ids: [] }, () => this.all().filter(({ state }) => state === 'QUEUED').length);
  }

  reportQueues(notes: readonly QueueNote[]): Promise<void> {
    return this.#call({ method: 'reportQueues', ids: [] }, () => {
      for (const { newest, ...note } of notes) {
        const at = this.#clock.now();
        const seen = newest && { newest: { publishedAt: newest.publishedAt, seenAt: new Date(at.getTime() - Math.round(newest.ageMs)) } };
        this.#queueReports.set(`${note.queue}|${note.consumer}`, { ...note, at, ...seen });
      }
    });
  }

  readQueueReports(): Promise<readonly QueueReport[]> {
    return this.#call({ method: 'readQueueReports', ids: [] }, () => this.#given([...this.#queueReports.values()]));
  }

  scan(limit: number, after = ''): Promise<readonly ScannedJob[]> {
    return this.#call({ method: 'scan', ids: [] }, () => {
      const durable = [...this.#jobs].filter(([id, { majority }]) => id > after && majority).map(([id]) => id);
      return this.#scanned(durable.sort().slice(0, limit));
    });
  }

  inspect(ids: readonly string[]): Promise<readonly ScannedJob[]> {
    return this.#call({ method: 'inspect', ids }, () => this.#scanned(ids));
  }

  doubledKeys(limit: number): Promise<readonly (readonly string[])[]> {
    return this.#call({ method: 'doubledKeys', ids: [] }, () => {
      const byKey = new Map<string, string[]>();
      for (const { id, tenant, idemKey } of this.all()) {
        if (idemKey === undefined) continue;
        const key = JSON.stringify([tenant, idemKey]);
        byKey.set(key, [...(byKey.get(key) ?? []), id]);
      }
      return [...byKey.values()].filter((ids) => ids.length > 1).slice(0, limit);
    });
  }

  serverTime(): Promise<Date> {
    return this.#call({ method: 'serverTime', ids: [] }, () => this.#clock.now());
  }

  /** No round trip: not a call that can fail. */
  async estimateTime(): Promise<Date> {
    return this.#clock.now();
  }

  #scanned(ids: readonly string[]): readonly ScannedJob[] {
    return ids.flatMap((id) => {
      const record = this.#jobs.get(id)?.majority;
      return record ? [{ record: this.#given(record), hasPayload: this.#payloads.has(id) }] : [];
    });
  }

  async #call<T>(call: StoreCall, work: () => T): Promise<T> {
    this.calls.push(call);
    await this.hook?.(call);
    this.#failIfAsked(call, 'before');
    this.#isUncertain = this.#faultFor(call, 'after') !== undefined;
    const answer = work();
    this.#failIfAsked(call, 'after');
    return answer;
  }

  #failIfAsked(call: StoreCall, at: Fault['at']): void {
    const fault = this.#faultFor(call, at);
    if (!fault) return;
    fault.left -= 1;
    if (fault.left === 0) this.#faults = this.#faults.filter((one) => one !== fault);
    throw new StoreUnavailableError(`${call.method} failed on purpose, ${at} it was applied`);
  }

  #faultFor(call: StoreCall, at: Fault['at']): Fault | undefined {
    return this.#faults.find((one) => one.at === at && one.left > 0 && one.matches(call));
  }

  #insertOne(job: NewJob): InsertOutcome {
    const sameKey = (one: JobRecord): boolean => job.idemKey !== undefined && one.idemKey === job.idemKey && one.tenant === job.tenant;
    const twin = this.#jobs.get(job.id) ?? [...this.#jobs.values()].find(({ local }) => sameKey(local));
    if (twin) return this.#existing(job, twin);
    const created = newRecord(job, this.#clock.now());
    this.#jobs.set(job.id, { local: created, majority: this.#isUncertain && this.isReplicationHeld ? undefined : created });
    this.#payloads.set(job.id, JSON.stringify(job.payload));
    this.#records = undefined;
    this.onChange?.(undefined, created);
    return { kind: 'inserted', createdAt: created.createdAt };
  }

  /** An answer of 202 rests on a durable record: one that is not durable yet decides nothing. */
  #existing(job: NewJob, { majority }: Versions): InsertOutcome {
    if (majority) return { kind: 'exists', same: majority.reqHash === job.reqHash, record: this.#given(majority) };
    return { kind: 'failed', error: new StoreUnavailableError('An earlier request with this key is not decided yet.') };
  }

  #change(ids: readonly string[], transition: Transition): readonly JobRecord[] {
    const now = this.#clock.now();
    return [...new Set(ids)].flatMap((id) => {
      const versions = this.#jobs.get(id);
      if (!versions || !meetsCondition(versions.local, transition.when, now)) return [];
      const before = versions.local;
      versions.local = this.#withoutPayload(applyUpdate(before, transition, now));
      this.#records = undefined;
      const isDurable = transition.durability === 'majority' && !this.#isUncertain;
      if (isDurable || !this.isReplicationHeld) versions.majority = versions.local;
      if (transition.unset?.includes('payload')) this.removePayloads([id]);
      this.onChange?.(before, versions.local, transition);
      return [versions.local];
    });
  }
}

const idsIn = ({ jobs }: EventNote) => jobs.map(({ id }) => id);

function notedJob(record: JobRecord | undefined): NotedJob | undefined {
  if (!record) return undefined;
  const { id, tenant, type, state, createdAt, doneAt, expireAt, err, callback, gen, evt, results } = record;
  const told = { ...(doneAt && { doneAt }), ...(expireAt && { expireAt }), ...(err && { err }), ...(callback && { callback }) };
  return { id, tenant, type, state, createdAt, ...told, gen, ...(evt && { evt }), results: results.slice(-1) };
}

function newRecord({ payload: _, token, ...job }: NewJob, createdAt: Date): JobRecord {
  const counters = { stage: 0, run: 0, gen: 1, epoch: 0, attempt: 0, crashes: 0 };
  const pub = { due: job.runAt ?? new Date(createdAt.getTime() + OWED_AFTER_MS), by: token };
  const state = job.runAt ? 'SCHEDULED' : 'QUEUED';
  return { ...job, ...counters, state, pub, results: [], log: [], active: true, createdAt, schemaVersion: SCHEMA_VERSION };
}

type Position = Pick<JobRecord, 'createdAt' | 'id'>;

function newestFirst(a: Position, b: Position): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

function cursorOf({ createdAt, id }: Position): string {
  return Buffer.from(JSON.stringify([createdAt.getTime(), id])).toString('base64url');
}

/** @throws InvalidCursorError. */
function readCursor(text: string): Position {
  try {
    const [createdMs, id, ...more] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[];
    if (typeof createdMs === 'number' && typeof id === 'string' && more.length === 0) return { createdAt: new Date(createdMs), id };
  } catch {
    // Not JSON: as wrong as the wrong JSON below.
  }
  throw new InvalidCursorError('This page token is not one of ours.');
}
