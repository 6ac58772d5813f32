/** How a stage is retried: full jitter over an exponential backoff with a cap. */
export interface RetryPolicy {
  /** Attempts of a stage in one run, 1..25. */
  readonly maxAttempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
}

/** One stage of a pipeline. */
export interface StageSpec {
  /** Name in queues and logs, `[a-z][a-z0-9-]{0,20}`. */
  readonly name: string;
  /** Progress shown while it runs, 0..99. */
  readonly runningMark: number;
  /** Progress shown once it is committed, 1..100; 100 for the last. */
  readonly doneMark: number;
  /** One attempt may take this long before its handler is ended. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Its handler is inline: a message in lane bulk may carry several of its jobs. */
  readonly isInline?: boolean;
}

/** What a job type consists of. */
export interface JobTypeSpec {
  readonly name: string;
  readonly version: number;
  readonly stages: readonly StageSpec[];
  /** Days that a finished job and its outputs are kept, 1..3,650. */
  readonly retainDays: number;
  /** Its jobs are off-peak unless they say otherwise: they wait for a window of that kind (docs/windows.md). */
  readonly offPeak?: boolean;
}

export const DEFAULT_RETRY: RetryPolicy = { maxAttempts: 3, baseDelayMs: 2_000, maxDelayMs: 300_000 };
export const DEFAULT_TIMEOUT_MS = 600_000;
export const DEFAULT_RETAIN_DAYS = 30;

/** Marks for n stages, evenly spread; the two-stage table says 30, 50, 70, 100 (docs/job-states.md). */
export function stageMarks(count: number): readonly { readonly runningMark: number; readonly doneMark: number }[] {
  if (count === 2)
    return [
      { runningMark: 30, doneMark: 50 },
      { runningMark: 70, doneMark: 100 },
    ];
  return Array.from({ length: count }, (_, index) => ({
    runningMark: Math.round(((index + 0.5) / count) * 100),
    doneMark: Math.round(((index + 1) / count) * 100),
  }));
}

/** Settings of a stage that differ from the defaults. */
export type StageSettings = Pick<StageSpec, 'name'> & Partial<Pick<StageSpec, 'timeoutMs' | 'retry' | 'isInline'>>;

/** Builds a job type from its stage list; defaults: 3 attempts, 10 minutes a stage, 30 days of retention. */
export function defineJobType(
  name: string,
  stages: readonly StageSettings[],
  more: { version?: number; retainDays?: number; offPeak?: boolean } = {},
): JobTypeSpec {
  const marks = stageMarks(stages.length);
  return {
    name,
    version: more.version ?? 1,
    retainDays: more.retainDays ?? DEFAULT_RETAIN_DAYS,
    ...(more.offPeak && { offPeak: true }),
    stages: stages.map((stage, index) => ({
      name: stage.name,
      ...marks[index]!,
      timeoutMs: stage.timeoutMs ?? DEFAULT_TIMEOUT_MS,
      retry: stage.retry ?? DEFAULT_RETRY,
      ...(stage.isInline && { isInline: true }),
    })),
  };
}

/** The pipeline table: what follows what. A third stage is one entry more in `stages`. */
export const JOB_TYPES = {
  report: defineJobType('report', [
    { name: 'p1', timeoutMs: 1_800_000 },
    { name: 'p2', timeoutMs: 900_000 },
  ]),
} as const satisfies Record<string, JobTypeSpec>;

export type ShippedJobType = keyof typeof JOB_TYPES;

/** Looks up job types; built once at start from the shipped table and the user's own types. */
export class Pipelines {
  readonly #byName: ReadonlyMap<string, JobTypeSpec>;

  constructor(types: readonly JobTypeSpec[]) {
    this.#byName = new Map(types.map((type) => [type.name, type]));
  }

  /** @throws Error when the type is not in the table (a record of a type that this process does not know). */
  typeOf(name: string): JobTypeSpec {
    const found = this.#byName.get(name);
    if (!found) throw new Error(`Job type ${JSON.stringify(name)} is not known here; known: ${this.names().join(', ')}`);
    return found;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** @throws Error when the type or the stage is not in the table. */
  stageOf(type: string, stage: number): StageSpec {
    const found = this.typeOf(type).stages[stage];
    if (!found) throw new Error(`Job type ${type} has no stage ${stage}; it has ${this.typeOf(type).stages.length}`);
    return found;
  }

  isLast(type: string, stage: number): boolean {
    return stage === this.typeOf(type).stages.length - 1;
  }

  /** All stage names of all types, each once. */
  stageNames(): readonly string[] {
    return [...new Set([...this.#byName.values()].flatMap((type) => type.stages.map((stage) => stage.name)))];
  }
}
