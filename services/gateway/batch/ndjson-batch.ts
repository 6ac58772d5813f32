import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { invalidRequest } from '../query.ts';
import { resultText } from './batch-answers.ts';
import { batchFlushes } from './batch-flushes.ts';
import type { BatchItem, BatchOutcome } from './batch-item.ts';
import { type BatchSubmissions, commonRefusal } from './batch-submissions.ts';
import { takeChunks } from './body-chunks.ts';
import { type Line, LineSplitter } from './line-splitter.ts';
import { NdjsonAnswer } from './ndjson-answer.ts';
import type { OrderedFlushes } from './ordered-flushes.ts';

export interface NdjsonLimits {
  /** Of one line. */
  readonly maxBodyBytes: number;
  /** Default 1,000,000. */
  readonly maxBatchJobs?: number;
}

const MOST_JOBS = 1_000_000;

/**
 * A batch of NDJSON: lines are submitted while the next ones are read, and answered in their order while others are
 * submitted. What it holds does not depend on the number of lines; a client that does not read its answers is not read on.
 */
export class NdjsonBatch {
  readonly #ctx: RequestContext;
  readonly #maxJobs: number;
  readonly #lines: LineSplitter;
  readonly #answer: NdjsonAnswer;
  readonly #flushes: OrderedFlushes<BatchItem, readonly BatchOutcome[]>;
  #count = 0;

  constructor(ctx: RequestContext, submissions: BatchSubmissions, { maxBodyBytes, maxBatchJobs = MOST_JOBS }: NdjsonLimits) {
    this.#ctx = ctx;
    this.#maxJobs = maxBatchJobs;
    this.#lines = new LineSplitter(maxBodyBytes);
    this.#answer = new NdjsonAnswer(ctx);
    this.#flushes = batchFlushes(submissions, (outcomes) => this.#deliver(outcomes));
  }

  /**
   * Resolves when the answer is sent. What was accepted before a failure stays accepted.
   * @throws Problem bad_request when the client goes away, invalid_request when there is no job; overloaded or
   *   store_unavailable when these stand against every job of the first flush: then none was accepted.
   */
  async run(): Promise<void> {
    try {
      await takeChunks(this.#ctx.req, (chunk) => this.#take(this.#lines.push(chunk)), this.#flushes.signal);
      await this.#take(this.#lines.end());
      await this.#flushes.end();
    } catch (error) {
      this.#flushes.fail(error);
      throw error;
    }
    if (this.#count === 0) throw invalidRequest([{ pointer: '', detail: 'has no line with a job' }]);
    await this.#answer.end();
  }

  /** @returns false when no more lines are wanted. */
  async #take(lines: Iterable<Line>): Promise<boolean> {
    for (const line of lines) {
      if (this.#count > this.#maxJobs) return false;
      const index = this.#count;
      this.#count += 1;
      this.#flushes.add(index < this.#maxJobs ? { index, line } : { index, problem: this.#tooMany() }, line.bytes?.length ?? 0);
      if (this.#flushes.isFull) await this.#flushes.room();
    }
    return this.#count <= this.#maxJobs;
  }

  #tooMany(): Problem {
    const detail = `The limit is ${this.#maxJobs} jobs in one request. This line and those after it were not accepted.`;
    return new Problem('too_many_jobs', { detail, fields: { max_jobs: this.#maxJobs } });
  }

  async #deliver(outcomes: readonly BatchOutcome[]): Promise<void> {
    const refusal = this.#answer.hasBegun ? undefined : commonRefusal(outcomes);
    if (refusal) throw refusal;
    const { state } = this.#ctx;
    state.jobs = (state.jobs ?? 0) + outcomes.filter((outcome) => 'jobId' in outcome).length;
    await this.#answer.write(outcomes.map((outcome) => `${resultText(outcome, state.traceId)}\n`).join(''));
  }
}
