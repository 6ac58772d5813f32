import type { BatchJob } from './api-types.ts';

/** A job of a batch, ready to be sent. */
export interface BatchLine {
  readonly index: number;
  readonly key: string;
  /** With its newline. */
  readonly text: string;
}

/** What a request may carry. */
export interface ChunkLimits {
  readonly maxJobs: number;
  readonly maxChars: number;
  /** Jobs that a slow source has given are not held back for longer. */
  readonly lingerMs: number;
}

/** Jobs in order, once, or as they come. */
export type JobSource = Iterable<BatchJob> | AsyncIterable<BatchJob>;

/** The job with a key that needs no escaping. A copy of the job with the key would cost half as much again as the JSON itself. */
function textWithKey(job: BatchJob, key: string): string {
  const text = JSON.stringify(job);
  if (text.startsWith('{"')) return `{"idempotency_key":"${key}",${text.slice(1)}`;
  return JSON.stringify({ ...job, idempotency_key: key });
}

/** Gathers the jobs of a batch into requests. */
class Gathering {
  readonly #limits: ChunkLimits;
  readonly #keyPrefix: string;
  #lines: BatchLine[] = [];
  #chars = 0;
  #count = 0;

  constructor(limits: ChunkLimits, keyPrefix: string) {
    this.#limits = limits;
    this.#keyPrefix = keyPrefix;
  }

  get isFull(): boolean {
    return this.#lines.length >= this.#limits.maxJobs || this.#chars >= this.#limits.maxChars;
  }

  /** @throws TypeError for what JSON cannot say */
  add(job: BatchJob): void {
    const index = this.#count;
    const given = job.idempotency_key;
    const key = given ?? `${this.#keyPrefix}-${index}`;
    const text = given === undefined ? textWithKey(job, key) : JSON.stringify(job);
    this.#lines.push({ index, key, text: `${text}\n` });
    this.#chars += text.length;
    this.#count += 1;
  }

  /** @returns what has gathered, to begin anew. */
  take(): readonly BatchLine[] {
    const lines = this.#lines;
    this.#lines = [];
    this.#chars = 0;
    return lines;
  }
}

function* chunksOf(jobs: Iterable<BatchJob>, gathering: Gathering): Generator<readonly BatchLine[]> {
  try {
    for (const job of jobs) {
      gathering.add(job);
      if (gathering.isFull) yield gathering.take();
    }
  } catch (error) {
    // What came before the failure is sent: the caller hears of it, then of the failure.
    yield gathering.take();
    throw error;
  }
  yield gathering.take();
}

const DUE = Symbol('due');

async function* chunksAsTheyCome(
  jobs: AsyncIterator<BatchJob>,
  gathering: Gathering,
  lingerMs: number,
): AsyncGenerator<readonly BatchLine[]> {
  let next = jobs.next();
  try {
    for (;;) {
      const first = await next;
      if (first.done) return;
      gathering.add(first.value);
      const due = new Promise<typeof DUE>((resolve) => setTimeout(resolve, lingerMs, DUE));
      for (next = jobs.next(); !gathering.isFull; next = jobs.next()) {
        const step = await Promise.race([next, due]);
        if (step === DUE || step.done) break;
        gathering.add(step.value);
      }
      yield gathering.take();
    }
  } catch (error) {
    yield gathering.take();
    throw error;
  } finally {
    next.catch(() => undefined);
  }
}

/** The jobs as requests to send. */
export interface ChunkSource {
  /** In order; the last may be empty. Reads on only when it is called. */
  next(): Promise<IteratorResult<readonly BatchLine[]>>;
  /** Lets go of the jobs, without waiting for a source that gives none. */
  close(): void;
}

/** @param keyPrefix of the keys of jobs that have none: keys of one batch stand side by side in the database's index. */
export function batchChunks(jobs: JobSource, limits: ChunkLimits, keyPrefix: string): ChunkSource {
  const gathering = new Gathering(limits, keyPrefix);
  if (Symbol.asyncIterator in jobs) {
    const source = jobs[Symbol.asyncIterator]();
    const chunks = chunksAsTheyCome(source, gathering, limits.lingerMs);
    return { next: () => chunks.next(), close: () => void source.return?.()?.then(undefined, () => undefined) };
  }
  const chunks = chunksOf(jobs, gathering);
  return { next: async () => chunks.next(), close: () => void chunks.return(undefined) };
}
