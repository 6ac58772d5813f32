import type { FsckReport } from '../domain/fsck-report.ts';
import { BellEvidence } from './fsck-bells.ts';
import type { FsckDeps, FsckOptions } from './fsck-deps.ts';
import { FsckFindings } from './fsck-findings.ts';
import type { Evidence } from './fsck-judge.ts';
import { type LetterBook, readLetters } from './fsck-letters.ts';
import { findOrphans, type OrphanedOutput, orphanDetail } from './fsck-outputs.ts';
import { judgePlaces, lookAtPlaces } from './fsck-places.ts';
import { repairRule } from './fsck-repair.ts';
import { confirmed, countWaiting, type Scan, scanAll } from './fsck-scan.ts';

const SETTLE_MS = 5_000;
const JANITOR_ROUND_MS = 75_000;
/** Keys with more than one job, in one run. */
const MOST_KEYS = 1_000;

/**
 * Reconciles jobs, outbox, queues, dead letters and outputs. Work goes on meanwhile: what one look finds counts only when a
 * second one, some seconds later and by majority reads, finds it again at the same generation.
 * @throws StoreUnavailableError; AbortError once the signal aborts.
 */
export async function fsck(deps: FsckDeps, options: FsckOptions): Promise<FsckReport> {
  return new Fsck(deps, options).run();
}

class Fsck {
  readonly #deps: FsckDeps;
  readonly #options: FsckOptions;
  readonly #found = new FsckFindings();

  constructor(deps: FsckDeps, options: FsckOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  async run(): Promise<FsckReport> {
    const { store } = this.#deps;
    const startedAt = await store.serverTime();
    await this.#say('dead letters');
    const first: Evidence = { letters: await readLetters(this.#deps, this.#options), bells: await BellEvidence.gather(this.#deps) };
    const scan = await scanAll(this.#deps, this.#options, first);
    const keys = await store.doubledKeys(MOST_KEYS);
    const places = await lookAtPlaces(this.#deps, this.#options);
    await this.#say('outputs', scan.jobs);
    const { orphans, total } = await findOrphans(this.#deps, this.#options);
    await this.#settle(scan, first.letters);
    const second = await this.#lookAgain(scan, first);
    await this.#judgeJobs(scan, second);
    await this.#judgeShortages(first.bells);
    await this.#judgeKeys(keys);
    await judgePlaces(this.#deps, this.#options, places, this.#found);
    const toSweep = await this.#judgeOrphans(orphans, total);
    this.#noteLimits(scan, first, second);
    const { counts, listed, errors, repaired, isCut, unchecked, notes } = this.#found;
    const sums = { jobs: scan.jobs, byState: scan.byState, deadLetters: first.letters.met, outputsToSweep: toSweep };
    const { repair } = this.#options;
    return {
      startedAt,
      endedAt: await store.serverTime(),
      repair,
      ...sums,
      counts,
      errors,
      repaired,
      findings: listed,
      isCut,
      unchecked,
      notes,
    };
  }

  async #say(phase: 'dead letters' | 'outputs' | 'second look' | 'waiting for the janitor', jobs = 0): Promise<void> {
    this.#options.signal.throwIfAborted();
    await this.#options.onProgress?.({ phase, jobs });
  }

  /** Letters that a replay has left behind are the janitor's, who comes every minute: only what it leaves is a finding. */
  async #settle(scan: Scan, letters: LetterBook): Promise<void> {
    const { settleMs = SETTLE_MS, janitorRoundMs = JANITOR_ROUND_MS, signal } = this.#options;
    const isJanitorDue = letters.odd.size > 0;
    await this.#say(isJanitorDue ? 'waiting for the janitor' : 'second look', scan.jobs);
    await this.#deps.clock.sleep(isJanitorDue ? janitorRoundMs : settleMs, signal);
    await this.#say('second look', scan.jobs);
  }

  async #lookAgain({ suspects }: Scan, first: Evidence): Promise<Evidence> {
    const needsLetters = first.letters.odd.size > 0 || [...suspects.values()].some((rules) => rules.has('dead_letter_lost'));
    const drop = new Set(this.#options.repair ? first.letters.odd.keys() : []);
    const letters = needsLetters ? await readLetters(this.#deps, this.#options, drop) : first.letters;
    this.#judgeLetters(first.letters, letters);
    return { letters, bells: await BellEvidence.gather(this.#deps) };
  }

  #judgeLetters(first: LetterBook, second: LetterBook): void {
    for (const [key, { rule, bell, stageName, detail }] of second.odd) {
      if (!first.odd.has(key)) continue;
      const category = rule === 'stale' ? 'stale_dead_letter' : 'doubled';
      const name = rule === 'stale' ? 'dead_letter_stale' : 'dead_letter_twice';
      const repaired = second.dropped.has(key) && { repaired: 'dropped' };
      const queue = `jobline.${stageName}.dlq`;
      this.#found.add({ category, rule: name, level: 'error', jobId: bell.id, queue, detail, ...repaired });
    }
    for (const [stageName, times] of second.unreadable) {
      const finding = { category: 'unreadable_dead_letter', rule: 'dead_letter_unreadable', level: 'warning' } as const;
      this.#found.add({ ...finding, queue: `jobline.${stageName}.dlq`, detail: `${times} messages that are no letters` }, times);
    }
  }

  async #judgeJobs(scan: Scan, evidence: Evidence): Promise<void> {
    for await (const { record, rules } of confirmed(this.#deps, this.#options, scan, evidence)) {
      for (const { category, rule, detail } of rules) {
        const repaired = this.#options.repair ? await repairRule(this.#deps, record, rule) : undefined;
        this.#found.add({ category, rule, level: 'error', jobId: record.id, detail, ...(repaired !== undefined && { repaired }) });
      }
    }
  }

  /** Which bells of a queue that is not empty are lost, its figures do not say: the audit finds them once the queue has moved on. */
  async #judgeShortages(first: BellEvidence): Promise<void> {
    const before = new Set(first.shortages().map(({ queue }) => queue));
    if (before.size === 0) return;
    const again = await BellEvidence.gather(this.#deps);
    await countWaiting(this.#deps, this.#options, again);
    for (const { queue, messages, waiting } of again.shortages()) {
      if (!before.has(queue)) continue;
      const detail = `${waiting} jobs wait for bells in ${queue}, which holds ${messages} messages`;
      this.#found.add({ category: 'lost', rule: 'bells_short', level: 'error', queue, detail }, waiting - messages);
    }
  }

  async #judgeKeys(first: readonly (readonly string[])[]): Promise<void> {
    if (first.length === 0) return;
    const before = new Set(first.map((ids) => [...ids].sort().join()));
    for (const ids of await this.#deps.store.doubledKeys(MOST_KEYS)) {
      if (!before.has([...ids].sort().join())) continue;
      const detail = `jobs ${ids.join(', ')} have one idempotency key`;
      this.#found.add({ category: 'doubled', rule: 'idempotency_key_twice', level: 'error', jobId: ids[0]!, detail });
    }
  }

  /** @returns how many are left for the sweep, which is no finding. */
  async #judgeOrphans(orphans: readonly OrphanedOutput[], total: number): Promise<number> {
    const { store, outputs } = this.#deps;
    let [toSweep, left] = [total, 0];
    for (let from = 0; from < orphans.length; from += 500) {
      this.#options.signal.throwIfAborted();
      const page = orphans.slice(from, from + 500);
      const stored = new Set((await outputs.readOutputs(page)).map(({ jobId, stage, claim }) => `${jobId}/${stage}/${claim}`));
      const records = new Map((await store.read([...new Set(page.map(({ jobId }) => jobId))], 'majority')).map((one) => [one.id, one]));
      const still = page.filter((one) => stored.has(`${one.jobId}/${one.stage}/${one.claim}`) && orphanDetail(one, records.get(one.jobId)));
      const overdue = still.filter(({ isOverdue }) => isOverdue);
      toSweep -= page.length - still.length + overdue.length;
      const removed = this.#options.repair ? await outputs.removeOrphans(still) : 0;
      left += removed;
      for (const { jobId, stage, claim, detail } of overdue) {
        const what = `output of stage ${stage}, claim ${claim}, ${detail}; the sweep has left it`;
        const finding = { category: 'orphaned_output', rule: 'output_orphaned', level: 'error', jobId, detail: what } as const;
        this.#found.add({ ...finding, ...(removed === still.length && { repaired: 'removed' }) });
      }
      if (removed > 0) toSweep -= still.length - overdue.length;
    }
    if (left > 0) this.#found.notes.push(`${left} orphaned outputs were removed`);
    return Math.max(toSweep, 0);
  }

  #noteLimits(scan: Scan, first: Evidence, second: Evidence): void {
    const { unchecked, notes } = this.#found;
    for (const [stageName, why] of new Map([...first.letters.unknown, ...second.letters.unknown]))
      unchecked.push(`dead letters of ${stageName}: ${why}`);
    const unknown = first.bells.unknown ?? second.bells.unknown;
    if (unknown !== undefined) unchecked.push(`figures of the queues: ${unknown}`);
    else if (first.bells.isWithoutDepths) notes.push('the depths of the queues are not known: lost bells are told by watermarks alone');
    for (const queue of first.bells.withoutFigures) unchecked.push(`figures of the queues: the broker has none of ${queue} yet`);
    if (scan.notRemembered > 0) unchecked.push(`${scan.notRemembered} more jobs with something wrong: repair, and run again`);
    if (scan.unknownTypes > 0)
      notes.push(`${scan.unknownTypes} jobs are of types that this process does not know: their bells and letters were not looked for`);
  }
}
