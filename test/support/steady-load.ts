import type { Answer, TestSystem } from './test-system.ts';

/** One submission of a load, and what became of it. */
export interface LoadAnswer {
  /** 0: no answer at all. */
  readonly status: number;
  readonly tookMs: number;
  readonly jobId?: string;
  readonly retryAfter: string | null;
  readonly contentType: string | null;
}

export interface LoadOptions {
  readonly type: string;
  readonly input?: Readonly<Record<string, unknown>>;
  readonly perSecond: number;
}

/** Submits jobs over HTTP at a steady rate: the next one does not wait for the answer to the one before. */
export class SteadyLoad {
  readonly answers: LoadAnswer[] = [];
  readonly #system: TestSystem;
  readonly #options: LoadOptions;
  readonly #open = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(system: TestSystem, options: LoadOptions) {
    this.#system = system;
    this.#options = options;
    this.#timer = setInterval(() => this.#submit(), 1_000 / options.perSecond);
  }

  /** Stops submitting and waits for the answers that are under way. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
  }

  /** Ids of the jobs that were answered 202. */
  get accepted(): readonly string[] {
    return this.answers.flatMap(({ status, jobId }) => (status === 202 && jobId !== undefined ? jobId : []));
  }

  /** Statuses answered so far, each once, in ascending order. */
  get statuses(): readonly number[] {
    return [...new Set(this.answers.map(({ status }) => status))].toSorted((a, b) => a - b);
  }

  /** Milliseconds within which this share of all answers came. @param share 0..1 */
  quantileMs(share: number): number {
    const sorted = this.answers.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
    return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? 0;
  }

  #submit(): void {
    const { type, input } = this.#options;
    const body = { type, input: { effects: this.#system.effects.path, ...input } };
    const one = timed(() => this.#system.request('POST', '/v1/jobs', body)).then((answer) => {
      this.answers.push(answer);
      this.#open.delete(one);
    });
    this.#open.add(one);
  }
}

/** Makes a request and takes its time; a connection that fails is an answer of status 0. */
export async function timed(request: () => Promise<Answer>): Promise<LoadAnswer> {
  const startedAtMs = performance.now();
  const answer = await request().catch(() => undefined);
  const tookMs = performance.now() - startedAtMs;
  const jobId = answer?.body['job_id'];
  return {
    status: answer?.status ?? 0,
    tookMs,
    ...(typeof jobId === 'string' && { jobId }),
    retryAfter: answer?.headers.get('retry-after') ?? null,
    contentType: answer?.headers.get('content-type') ?? null,
  };
}
