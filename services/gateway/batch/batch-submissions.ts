import { StoreUnavailableError } from '../../../shared/domain/failures.ts';
import type { SubmitAnswer, SubmitRequest } from '../../../shared/jobs/submit-job.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem, type ProblemCode, toProblem } from '../problems.ts';
import { checkMoments, checkUpload, submissionOf } from '../submission.ts';
import { type BatchItem, type BatchOutcome, batchJobOf } from './batch-item.ts';
import type { Turns } from './turns.ts';

/** Uploads looked up at once. */
const PARALLEL_LOOKS = 20;

interface Candidate {
  readonly index: number;
  readonly request: SubmitRequest;
}

/** Submits the items of one batch, some hundred at a time, each with an outcome of its own. */
export class BatchSubmissions {
  readonly #deps: GatewayDeps;
  readonly #turns: Turns;
  readonly #ctx: RequestContext;
  /** Keys of the flush before, and its end. */
  #before: { readonly keys: ReadonlySet<string>; readonly done: Promise<unknown> } = { keys: new Set(), done: Promise.resolve() };

  #hasLogged = false;

  /** @param turns shared by all batches: the flushes that the store works on at once. */
  constructor(deps: GatewayDeps, turns: Turns, ctx: RequestContext) {
    this.#deps = deps;
    this.#turns = turns;
    this.#ctx = ctx;
  }

  /** Never throws for an item: what stands against it is its outcome. @returns outcomes in the order of the items. */
  async submit(items: readonly BatchItem[]): Promise<readonly BatchOutcome[]> {
    const refusal = await this.#whyNotAnyMore();
    if (refusal) return items.map(({ index }) => ({ index, problem: refusal }));
    const checked = items.map((item) => this.#check(item));
    const outcomes = await this.#inKeyOrder(checked.filter((one) => 'request' in one));
    const byIndex = new Map(outcomes.map((outcome) => [outcome.index, outcome]));
    return checked.map((one) => ('problem' in one ? one : byIndex.get(one.index)!));
  }

  /** A batch may take hours: its key is looked at again for each flush. */
  async #whyNotAnyMore(): Promise<Problem | undefined> {
    try {
      await this.#deps.access.principalOf(this.#ctx.req);
      return undefined;
    } catch (error) {
      return this.#problemOf(error);
    }
  }

  #check(item: BatchItem): Candidate | BatchOutcome {
    const { index } = item;
    try {
      const { idempotency_key, ...job } = batchJobOf(item, this.#deps.limits);
      const request = submissionOf(this.#deps, this.#ctx.state.tenant, job, idempotency_key);
      checkMoments(request, this.#deps.clock.now());
      return { index, request };
    } catch (error) {
      return { index, problem: this.#problemOf(error) };
    }
  }

  /** Two flushes of one batch run at once. Where they share a key, the first line must be the one that gets it. */
  #inKeyOrder(candidates: readonly Candidate[]): Promise<readonly BatchOutcome[]> {
    const { keys, done } = this.#before;
    const own = new Set(candidates.flatMap(({ request }) => request.idemKey ?? []));
    const work = [...own].some((key) => keys.has(key)) ? done.then(() => this.#insert(candidates)) : this.#insert(candidates);
    this.#before = { keys: own, done: work };
    return work;
  }

  async #insert(candidates: readonly Candidate[]): Promise<readonly BatchOutcome[]> {
    const missing = await this.#missingUploads(candidates);
    const problemOf = ({ request }: Candidate) => (request.uploadId === undefined ? undefined : missing.get(request.uploadId));
    const ready = candidates.filter((one) => !problemOf(one));
    const answers = await this.#submitAll(ready.map(({ request }) => request));
    return [
      ...candidates.flatMap((one) => {
        const problem = problemOf(one);
        return problem ? [{ index: one.index, problem }] : [];
      }),
      ...ready.map(({ index }, position) => this.#outcomeOf(index, answers[position]!)),
    ];
  }

  /** What stands against the uploads that the jobs name, by their ids. */
  async #missingUploads(candidates: readonly Candidate[]): Promise<ReadonlyMap<string, Problem>> {
    const ids = [...new Set(candidates.flatMap(({ request }) => request.uploadId ?? []))];
    const problems = new Map<string, Problem>();
    const look = (id: string) =>
      checkUpload(this.#deps, this.#ctx.state.tenant, id).catch((error: unknown) => void problems.set(id, this.#problemOf(error)));
    for (let from = 0; from < ids.length; from += PARALLEL_LOOKS) await Promise.all(ids.slice(from, from + PARALLEL_LOOKS).map(look));
    return problems;
  }

  async #submitAll(requests: readonly SubmitRequest[]): Promise<readonly SubmitAnswer[]> {
    if (requests.length === 0) return [];
    const { guard, submitter } = this.#deps;
    try {
      // The wait for a turn is no sign that the store is slow: it does not count for the guard.
      return await this.#turns.run(() => guard.run(() => submitter.submitMany(requests)));
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      return requests.map(() => failure);
    }
  }

  #outcomeOf(index: number, answer: SubmitAnswer): BatchOutcome {
    if (answer instanceof Error) return { index, problem: this.#problemOf(answer) };
    return { index, jobId: answer.id, isReplayed: !answer.created };
  }

  #problemOf(error: unknown): Problem {
    const problem = toProblem(error);
    if (problem.code === 'internal_error') this.#logFault(error);
    if (!(error instanceof StoreUnavailableError)) return problem;
    const detail = 'The job may be stored or not: submit it again with its idempotency key.';
    return new Problem(problem.code, { detail, headers: problem.headers });
  }

  /** The first of a batch: a hundred thousand more would say the same. */
  #logFault(error: unknown): void {
    if (this.#hasLogged) return;
    this.#hasLogged = true;
    this.#deps.logger.error({ err: error }, 'submitting a job of a batch failed');
  }
}

/** What concerns no job in particular. */
const SYSTEMIC: ReadonlySet<ProblemCode> = new Set(['overloaded', 'store_unavailable', 'unauthorized', 'quota_exceeded']);

/** The problem that stands against all of them alike, where the gateway can take nothing now. */
export function commonRefusal(outcomes: readonly BatchOutcome[]): Problem | undefined {
  const [first] = outcomes;
  if (!first || !('problem' in first) || !SYSTEMIC.has(first.problem.code)) return undefined;
  const { code } = first.problem;
  return outcomes.every((one) => 'problem' in one && one.problem.code === code) ? first.problem : undefined;
}
