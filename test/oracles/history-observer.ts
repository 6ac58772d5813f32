import type { JobRecord } from '../../shared/domain/job.ts';
import { DELETE_RULES, INSERT_RULES } from './birth-rules.ts';
import { type ChangeKind, kindOf } from './change-kind.ts';
import { HISTORY_RULES } from './history-rules.ts';
import { JobMemory } from './job-memory.ts';
import { changedFields } from './same-value.ts';
import { STANDING_RULES } from './standing-rules.ts';

const MAY_CHANGE: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(HISTORY_RULES).map(([kind, rules]) => [kind, new Set<string>(rules.flatMap(({ fields }) => fields))]),
);

/** One write of one job as the store reports it: the record before and after, both as they were then. */
export interface Change {
  readonly id: string;
  /** Absent for an insert. */
  readonly before?: JobRecord;
  /** Absent for a deletion. */
  readonly after?: JobRecord;
  /** Moment of the write on the store's clock, in ms: not before the moments that the write itself set. */
  readonly atMs: number;
}

/** A change that docs/protocol.md does not allow. */
export interface Violation {
  /** `<kind of change>: <what is promised>`, e.g. `commit: commit by the claim’s holder`. */
  readonly rule: string;
  readonly jobId: string;
  readonly detail: string;
}

/**
 * Watches every write of every job and names what the protocol does not allow. Changes of one job must come in the order of
 * the store; those of different jobs in any order.
 */
export class HistoryObserver {
  readonly #violations: Violation[] = [];
  readonly #jobs = new Map<string, JobMemory>();
  readonly #counts = new Map<ChangeKind, number>();

  note(change: Change): void {
    const { id, before, after, atMs } = change;
    const memory = this.#memoryOf(id);
    // A job that was there before the observer.
    if (!memory.last && !memory.isDeleted && before) memory.take(undefined, before, atMs);
    if (!memory.isContinuedBy(before))
      this.#report('history: each change begins where the last one ended', id, describeGap(memory.last, before));
    if (memory.isDeleted) this.#report('history: a job that was removed does not come back', id, after?.state ?? '');
    const changed = before && after ? changedFields(before, after) : [];
    if (before && after && changed.length === 0) return;
    this.#judge(change, memory, changed);
    memory.take(before, after, atMs);
  }

  /** A fail-over left the record as `to` (undefined: it is gone): what came after that has not happened. */
  rolledBack(id: string, to: JobRecord | undefined): void {
    this.#memoryOf(id).rollBack(to);
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** What is known of each job, by id. */
  get jobs(): ReadonlyMap<string, JobMemory> {
    return this.#jobs;
  }

  /** How many changes of a kind were seen. */
  count(kind: ChangeKind): number {
    return this.#counts.get(kind) ?? 0;
  }

  #memoryOf(id: string): JobMemory {
    let memory = this.#jobs.get(id);
    if (!memory) this.#jobs.set(id, (memory = new JobMemory()));
    return memory;
  }

  #report(rule: string, jobId: string, detail: string): void {
    this.#violations.push({ rule, jobId, detail });
  }

  #judge({ id, before, after, atMs }: Change, memory: JobMemory, changed: readonly string[]): void {
    const kind = kindOf(before, after, changed);
    if (kind) this.#counts.set(kind, this.count(kind) + 1);
    const check = (title: string, name: string, detail: string | undefined) => {
      if (detail !== undefined) this.#report(`${title}: ${name}`, id, detail);
    };
    if (!kind) this.#report('unknown change', id, describeChange(before, after, changed));
    else if (kind === 'insert') for (const { name, broken } of INSERT_RULES) check(kind, name, broken({ after: after! }));
    else if (kind === 'delete') for (const { name, broken } of DELETE_RULES) check(kind, name, broken({ before: before!, atMs }));
    else {
      const rules = HISTORY_RULES[kind];
      for (const { name, broken } of rules) check(kind, name, broken({ before: before!, after: after!, atMs, memory }));
      const others = changed.filter((field) => !MAY_CHANGE.get(kind)!.has(field));
      if (others.length > 0) check(kind, 'nothing else changes', describeChange(before, after, others));
    }
    if (after) for (const { name, broken } of STANDING_RULES) check('always', name, broken({ before, after, atMs }));
  }
}

function describeChange(before: JobRecord | undefined, after: JobRecord | undefined, fields: readonly string[]): string {
  const [was, is] = [before, after] as unknown as Record<string, unknown>[];
  const changes = fields.map((field) => `${field}: ${JSON.stringify(was?.[field])} → ${JSON.stringify(is?.[field])}`);
  return `${before?.state ?? 'nothing'} → ${after?.state ?? 'nothing'}; ${changes.join(', ')}`;
}

function describeGap(last: JobRecord | undefined, before: JobRecord | undefined): string {
  if (!last || !before) return `${last?.state ?? 'nothing'}, then ${before?.state ?? 'nothing'}`;
  return describeChange(last, before, changedFields(last, before));
}
