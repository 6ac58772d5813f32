import { type BatchAction, type BatchSpec, REPLAYABLE, runTag } from '../../domain/batches/batch-rule.ts';
import type { BatchItem, BatchRun, ItemEnd } from '../../domain/batches/batch-run.ts';
import { keepsWhatReplayNeeds } from '../../domain/doorbell.ts';
import { OverloadedError, QuotaExceededError } from '../../domain/failures.ts';
import type { JobRecord } from '../../domain/job.ts';
import { parseSearch } from '../../domain/search/parse-search.ts';
import { Pace } from '../pace.ts';
import type { SubmitAnswer } from '../submit-job.ts';
import type { BatchRunDeps } from './batch-deps.ts';
import { batchJob } from './batch-job.ts';

const PAGE = 200;
const BATCH = 100;
/** How soon an abort is seen, and the step of the pace. */
const TICK_MS = 200;
/** While the tenant has too many jobs that wait. */
const REST_MS = 5_000;

/** The entry of the log of a job that tells which run replayed it. */
const replayedBy = (runId: string): string => `replayed by batch run ${runId}`;

/** One run of a rule, from wherever it is to its end. */
export class RuleRun {
  readonly #deps: BatchRunDeps;
  readonly #run: BatchRun & { readonly spec: BatchSpec };
  readonly #signal: AbortSignal;

  constructor(deps: BatchRunDeps, run: BatchRun & { readonly spec: BatchSpec }, signal: AbortSignal) {
    this.#deps = deps;
    this.#run = run;
    this.#signal = signal;
  }

  async carryOut(): Promise<void> {
    const { runs, clock, logger } = this.#deps;
    const { id, spec } = this.#run;
    if (this.#run.state === 'requested' && !(await this.#collect())) return;
    const pace = new Pace(clock, spec.ratePerSecond, TICK_MS);
    for (;;) {
      if (await this.#isOver()) return;
      const room = await pace.next(this.#signal, BATCH);
      const items = room > 0 ? await runs.items(id, 'pending', room) : [];
      if (room > 0 && items.length === 0) break;
      const ends = await this.#deal(items);
      await runs.endItems(id, ends);
      await runs.count(id);
      if (items.length > ends.length) await clock.sleep(REST_MS, this.#signal);
    }
    const counts = await runs.count(id);
    await runs.end(id, 'done');
    logger.info({ batch_run: id, of: this.#run.of, ...counts }, 'batch run is done');
  }

  /** Notes the jobs. Begun anew after a death: nothing is done before all are noted. @returns false when it ended instead. */
  async #collect(): Promise<boolean> {
    const { runs, searcher } = this.#deps;
    const { id, at, spec } = this.#run;
    const parsed = parseSearch(spec.query, at);
    if (!parsed.ok) throw new Error(`The query cannot be read any more: ${parsed.problem.detail}`);
    const { createdBefore } = parsed.search;
    const search = { ...parsed.search, tenant: spec.tenant, createdBefore: createdBefore && createdBefore < at ? createdBefore : at };
    await runs.forgetItems(id);
    let seq = 0;
    let after: string | undefined;
    do {
      if (await this.#isOver()) return false;
      const page = await searcher.search(search, PAGE, after);
      const jobs = page.jobs.slice(0, spec.maxJobs - seq);
      await runs.addItems(
        id,
        jobs.map(({ id: jobId, gen, run }, index) => ({ jobId, gen, run, seq: seq + index })),
      );
      seq += jobs.length;
      after = jobs.length < page.jobs.length ? 'more' : page.next;
    } while (after !== undefined && seq < spec.maxJobs);
    await runs.begin(id, after !== undefined);
    return true;
  }

  /** True when the process stops, or the run was aborted, which is then noted. */
  async #isOver(): Promise<boolean> {
    if (this.#signal.aborted) return true;
    const now = await this.#deps.runs.read(this.#run.id);
    if (!now?.abortRequested) return now === undefined;
    await this.#deps.runs.end(this.#run.id, 'aborted');
    this.#deps.logger.warn({ batch_run: this.#run.id }, 'batch run was aborted');
    return true;
  }

  /** @returns what became of them; those that are left out are to be tried again. */
  async #deal(items: readonly BatchItem[]): Promise<readonly ItemEnd[]> {
    if (items.length === 0) return [];
    const { action } = this.#run.spec;
    const found = await this.#deps.store.read(
      items.map(({ jobId }) => jobId),
      'majority',
    );
    const records = new Map(found.map((record) => [record.id, record]));
    return action.kind === 'replay' ? this.#replay(action, items, records) : this.#submit(action, items, records);
  }

  async #replay(
    { fromBeginning }: Extract<BatchAction, { kind: 'replay' }>,
    items: readonly BatchItem[],
    records: ReadonlyMap<string, JobRecord>,
  ): Promise<readonly ItemEnd[]> {
    const isAsFound = ({ jobId, gen }: BatchItem) => {
      const record = records.get(jobId);
      return record?.gen === gen && REPLAYABLE.includes(record.state) && keepsWhatReplayNeeds(record, fromBeginning);
    };
    const message = replayedBy(this.#run.id);
    const due = items.filter(isAsFound).map(({ jobId }) => records.get(jobId)!);
    const won = await this.#deps.replayer.replayRecords(due, { fromBeginning, message });
    return items.map(({ jobId }): ItemEnd => {
      const record = records.get(jobId);
      // A process that died here has replayed it already.
      if (won.has(jobId) || record?.log.some((entry) => entry.message === message)) return { jobId, outcome: 'done' };
      return { jobId, outcome: 'skipped', reason: whyNot(record, fromBeginning) };
    });
  }

  async #submit(
    { job: template }: Extract<BatchAction, { kind: 'submit' }>,
    items: readonly BatchItem[],
    records: ReadonlyMap<string, JobRecord>,
  ): Promise<readonly ItemEnd[]> {
    const there = items.filter(({ jobId }) => records.has(jobId));
    const payloads = await this.#deps.store.readPayloads(there.map(({ jobId }) => jobId));
    const made = await Promise.all(
      there.map(({ jobId, run }) => {
        const record = { ...records.get(jobId)!, run };
        return batchJob(this.#deps, this.#run, template, { record, payload: payloads.get(jobId) });
      }),
    );
    const requests = made.flatMap((one) => (one.ok ? [one.request] : []));
    const answers = requests.length === 0 ? [] : await this.#deps.submitter.submitMany(requests);
    const answerOf = new Map(requests.map(({ id }, index) => [id, answers[index]!]));
    const gone = items
      .filter(({ jobId }) => !records.has(jobId))
      .map(({ jobId }): ItemEnd => ({ jobId, outcome: 'skipped', reason: whyNot(undefined, true) }));
    const ends = there.flatMap(({ jobId }, index): readonly ItemEnd[] => {
      const one = made[index]!;
      return one.ok ? this.#endOf(jobId, answerOf.get(one.request.id)!) : [{ jobId, outcome: 'failed', reason: one.reason }];
    });
    return [...gone, ...ends];
  }

  #endOf(jobId: string, answer: SubmitAnswer): readonly ItemEnd[] {
    if (answer instanceof OverloadedError || answer instanceof QuotaExceededError) return [];
    if (answer instanceof Error) return [{ jobId, outcome: 'failed', reason: answer.message.slice(0, 500) }];
    const { id: madeId, created, record } = answer;
    // Made by this very run, before it was interrupted.
    const isOurs = created || record?.tags?.includes(runTag(this.#run.id));
    if (isOurs) return [{ jobId, outcome: 'done', madeId }];
    return [{ jobId, outcome: 'skipped', madeId, reason: 'An earlier run of the rule has made a job of it.' }];
  }
}

function whyNot(record: JobRecord | undefined, fromBeginning: boolean): string {
  if (!record) return 'The job is gone.';
  if (!keepsWhatReplayNeeds(record, fromBeginning)) return 'Retention has removed what another run needs.';
  return `The job is ${record.state}, and not as it was found.`;
}
