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

/** Of stages that ask a dependency. */
const OUTSIDE_RETRY: RetryPolicy = { ...DEFAULT_RETRY, maxAttempts: 5 };

/** The pipeline table: what follows what. A third stage is one entry more in `stages`. */
export const JOB_TYPES = {
  report: defineJobType('report', [
    { name: 'p1', timeoutMs: 1_800_000 },
    { name: 'p2', timeoutMs: 900_000 },
  ]),
  http: defineJobType('http', [
    { name: 'p1', timeoutMs: 330_000, retry: OUTSIDE_RETRY },
    { name: 'p2', timeoutMs: 330_000, retry: OUTSIDE_RETRY },
  ]),
  summarize: defineJobType(
    'summarize',
    [
      { name: 'p1', timeoutMs: 1_260_000, retry: OUTSIDE_RETRY, isInline: true },
      { name: 'p2', timeoutMs: 60_000 },
    ],
    { offPeak: true },
  ),
} as const satisfies Record<string, JobTypeSpec>;

export type ShippedJobType = keyof typeof JOB_TYPES;

/** Looks up job types; built once at start from the shipped table and the user's own types. Several versions of a type may live side by side. */
export class Pipelines {
  /** Newest version first. */
  readonly #byName: ReadonlyMap<string, readonly JobTypeSpec[]>;
  /** What the stage at each position may be. */
  readonly #stages: ReadonlyMap<string, readonly (readonly StageSpec[])[]>;

  constructor(types: readonly JobTypeSpec[]) {
    const newestFirst = types.toSorted((a, b) => b.version - a.version);
    this.#byName = new Map(types.map(({ name }) => [name, newestFirst.filter((one) => one.name === name)]));
    this.#stages = new Map([...this.#byName].map(([name, versions]) => [name, byPosition(versions)]));
  }

  /** @param version default: the newest. @throws Error when it is not in the table (a record of a type or version that this process does not know). */
  typeOf(name: string, version?: number): JobTypeSpec {
    const found = this.#find(name, version);
    if (found) return found;
    if (version === undefined || !this.has(name))
      throw new Error(`Job type ${JSON.stringify(name)} is not known here; known: ${this.names().join(', ')}`);
    throw new Error(`Job type ${name} is not known here in version ${version}; known: ${this.versionsOf(name).join(', ')}`);
  }

  /** @param version default: any. */
  has(name: string, version?: number): boolean {
    return this.#find(name, version) !== undefined;
  }

  names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** Versions of a type, newest first; none of one that is not known. */
  versionsOf(name: string): readonly number[] {
    return (this.#byName.get(name) ?? []).map(({ version }) => version);
  }

  /** Every version of every type. */
  all(): readonly JobTypeSpec[] {
    return [...this.#byName.values()].flat();
  }

  /** @throws Error when the type or the stage is not in the table. */
  stageOf(type: string, stage: number, version?: number): StageSpec {
    const spec = this.typeOf(type, version);
    const found = spec.stages[stage];
    if (!found) throw new Error(`Job type ${type} has no stage ${stage}; it has ${spec.stages.length}`);
    return found;
  }

  isLast(type: string, stage: number, version?: number): boolean {
    return stage === this.typeOf(type, version).stages.length - 1;
  }

  /** The stage that a job is at, in its own version of its type; undefined where this process does not know it. */
  stageAt({
    type,
    pipelineVersion,
    stage,
  }: {
    readonly type: string;
    readonly pipelineVersion: number;
    readonly stage: number;
  }): StageSpec | undefined {
    return this.#find(type, pipelineVersion)?.stages[stage];
  }

  /** What the stage at a position may be, over all versions of a type. */
  stagesAt(type: string, stage: number): readonly StageSpec[] {
    return this.#stages.get(type)?.[stage] ?? [];
  }

  /** All stage names of all versions of all types, each once. */
  stageNames(): readonly string[] {
    return [...new Set(this.all().flatMap((type) => type.stages.map((stage) => stage.name)))];
  }

  #find(name: string, version: number | undefined): JobTypeSpec | undefined {
    const versions = this.#byName.get(name);
    return version === undefined ? versions?.[0] : versions?.find((one) => one.version === version);
  }
}

function byPosition(versions: readonly JobTypeSpec[]): readonly (readonly StageSpec[])[] {
  const longest = Math.max(...versions.map(({ stages }) => stages.length));
  return Array.from({ length: longest }, (_, position) => versions.flatMap(({ stages }) => stages[position] ?? []));
}
