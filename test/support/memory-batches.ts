import type { BatchRule } from '../../shared/domain/batches/batch-rule.ts';
import {
  type BatchItem,
  type BatchRun,
  ITEM_OUTCOMES,
  type ItemEnd,
  type ItemOutcome,
  OPEN_RUNS,
  type RunCounts,
} from '../../shared/domain/batches/batch-run.ts';
import type { BatchRules } from '../../shared/ports/batch-rules.ts';
import type { BatchRuns, NewBatchRun } from '../../shared/ports/batch-runs.ts';
import type { Clock } from '../../shared/ports/clock.ts';

/** BatchRules in memory that pass the contract of the real ones. */
export class MemoryBatchRules implements BatchRules {
  readonly #rules = new Map<string, BatchRule>();

  async create(rule: BatchRule): Promise<boolean> {
    if (this.#rules.has(rule.id)) return false;
    this.#rules.set(rule.id, structuredClone(rule));
    return true;
  }

  async read(id: string): Promise<BatchRule | undefined> {
    return structuredClone(this.#rules.get(id));
  }

  async list(): Promise<readonly BatchRule[]> {
    const newestFirst = (a: BatchRule, b: BatchRule) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1);
    return structuredClone([...this.#rules.values()]).sort(newestFirst);
  }

  async replace(rule: BatchRule): Promise<BatchRule | undefined> {
    if (this.#rules.get(rule.id)?.version !== rule.version) return undefined;
    const next = structuredClone({ ...rule, version: rule.version + 1 });
    this.#rules.set(rule.id, next);
    return structuredClone(next);
  }

  async remove(id: string): Promise<boolean> {
    return this.#rules.delete(id);
  }

  async due(now: Date): Promise<readonly BatchRule[]> {
    const due = [...this.#rules.values()].filter(({ nextAt }) => nextAt !== undefined && nextAt <= now);
    return structuredClone(due.sort((a, b) => a.nextAt!.getTime() - b.nextAt!.getTime() || (a.id < b.id ? -1 : 1)));
  }
}

/** BatchRuns in memory that pass the contract of the real ones. */
export class MemoryBatchRuns implements BatchRuns {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #runs = new Map<string, BatchRun>();
  readonly #items = new Map<string, BatchItem[]>();

  constructor({ clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async request(run: NewBatchRun): Promise<boolean> {
    if (this.#runs.has(run.id)) return false;
    const given = Object.fromEntries(Object.entries(run).filter(([, value]) => value !== undefined)) as unknown as NewBatchRun;
    this.#runs.set(run.id, { ...structuredClone(given), state: 'requested', requestedAt: this.#clock.now() });
    return true;
  }

  async read(id: string): Promise<BatchRun | undefined> {
    return structuredClone(this.#runs.get(id));
  }

  async list(of: string | undefined, limit: number): Promise<readonly BatchRun[]> {
    return this.#inOrder()
      .filter((run) => of === undefined || run.of === of)
      .toReversed()
      .slice(0, limit);
  }

  async open(limit: number): Promise<readonly BatchRun[]> {
    return this.#inOrder()
      .filter(({ state }) => OPEN_RUNS.includes(state))
      .slice(0, limit);
  }

  async forgetItems(id: string): Promise<void> {
    this.#items.delete(id);
  }

  async addItems(id: string, items: readonly Omit<BatchItem, 'outcome'>[]): Promise<void> {
    const known = this.#items.get(id) ?? [];
    const fresh = items.filter(({ jobId }) => !known.some((item) => item.jobId === jobId));
    this.#items.set(id, [...known, ...fresh.map((item): BatchItem => ({ ...item, outcome: 'pending' }))]);
  }

  async begin(id: string, isCut: boolean): Promise<void> {
    const total = this.#items.get(id)?.length ?? 0;
    this.#change(id, (run) => ({ ...run, state: 'running', total, isCut, startedAt: run.startedAt ?? this.#clock.now() }));
  }

  async items(id: string, outcome: ItemOutcome | undefined, limit: number, after = -1): Promise<readonly BatchItem[]> {
    const wanted = (this.#items.get(id) ?? []).filter((item) => item.seq > after && (outcome ?? item.outcome) === item.outcome);
    return structuredClone(wanted.sort((a, b) => a.seq - b.seq).slice(0, limit));
  }

  async endItems(id: string, ends: readonly ItemEnd[]): Promise<void> {
    const byJob = new Map(ends.map((end) => [end.jobId, end]));
    this.#items.set(
      id,
      (this.#items.get(id) ?? []).map((item) => ({ ...item, ...byJob.get(item.jobId) })),
    );
  }

  async count(id: string): Promise<RunCounts> {
    const items = this.#items.get(id) ?? [];
    const counts = Object.fromEntries(ITEM_OUTCOMES.map((outcome) => [outcome, items.filter((item) => item.outcome === outcome).length]));
    await this.note(id, counts);
    return counts;
  }

  async note(id: string, counts: RunCounts): Promise<void> {
    const run = this.#runs.get(id);
    if (run) this.#runs.set(id, { ...run, counts });
  }

  async abort(id: string): Promise<boolean> {
    return this.#change(id, (run) => ({ ...run, abortRequested: true }));
  }

  async end(id: string, state: 'done' | 'aborted' | 'failed', reason?: string): Promise<void> {
    this.#change(id, (run) => ({ ...run, state, endedAt: this.#clock.now(), ...(reason !== undefined && { reason }) }));
  }

  #inOrder(): readonly BatchRun[] {
    const order = (a: BatchRun, b: BatchRun) => a.requestedAt.getTime() - b.requestedAt.getTime() || (a.id < b.id ? -1 : 1);
    return structuredClone([...this.#runs.values()]).sort(order);
  }

  #change(id: string, change: (run: BatchRun) => BatchRun): boolean {
    const run = this.#runs.get(id);
    if (!run || !OPEN_RUNS.includes(run.state)) return false;
    this.#runs.set(id, change(run));
    return true;
  }
}
