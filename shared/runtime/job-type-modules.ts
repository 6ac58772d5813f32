import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { ConfigError } from '../domain/failures.ts';
import { JOB_TYPES, type JobTypeSpec, Pipelines } from '../domain/pipeline.ts';
import type { JobTypeModule } from '../ports/job-type-module.ts';
import { exitOnConfigError } from './config.ts';

const name = z.string().regex(/^[a-z][a-z0-9-]{0,20}$/, 'must match [a-z][a-z0-9-]{0,20}');

const retry = z.strictObject({
  maxAttempts: z.number().int().min(1).max(25),
  baseDelayMs: z.number().int().min(0).max(86_400_000),
  maxDelayMs: z.number().int().min(0).max(86_400_000),
});

const stage = z.strictObject({
  name,
  runningMark: z.number().int().min(0).max(99),
  doneMark: z.number().int().min(1).max(100),
  timeoutMs: z.number().int().min(1).max(86_400_000),
  retry,
});

const handler = z
  .strictObject({
    module: z.url({ protocol: /^file$/, error: 'must be a file: URL, e.g. import.meta.resolve("./handler.js")' }),
    isolation: z.enum(['inline', 'thread', 'process']),
    mayRunTwice: z.boolean().optional(),
    memoryMb: z.number().int().min(16).max(65_536).optional(),
  })
  .refine(({ isolation, mayRunTwice }) => !mayRunTwice || isolation === 'inline', {
    path: ['mayRunTwice'],
    message: "is for isolation 'inline' only",
  });

const jobTypeModule = z
  .strictObject({
    spec: z.strictObject({
      name,
      version: z.number().int().min(1),
      retainDays: z.number().min(1).max(3_650),
      offPeak: z.boolean().optional(),
      stages: z.array(stage).min(1).max(16),
    }),
    check: z.custom<JobTypeModule['check']>((value) => typeof value === 'function', 'must be a function'),
    handlers: z.record(z.string(), handler),
  })
  .superRefine(({ spec, handlers }, context) => {
    const stages = spec.stages.map((one) => one.name);
    for (const missing of stages.filter((one) => !handlers[one])) {
      context.addIssue({ code: 'custom', path: ['handlers'], message: `has no handler for stage ${missing}` });
    }
    for (const unknown of Object.keys(handlers).filter((one) => !stages.includes(one))) {
      context.addIssue({
        code: 'custom',
        path: ['handlers', unknown],
        message: `is not a stage of this type; its stages: ${stages.join(', ')}`,
      });
    }
    if (new Set(stages).size < stages.length) context.addIssue({ code: 'custom', path: ['spec', 'stages'], message: 'has a stage twice' });
  });

const fileExports = z.object({ jobTypes: z.array(jobTypeModule, 'must be exported as an array of JobTypeModule').min(1) });

async function loadFile(path: string): Promise<{ jobTypes: readonly JobTypeModule[]; problems: readonly string[] }> {
  let exports: unknown;
  try {
    exports = await import(pathToFileURL(path).href);
  } catch (error) {
    return {
      jobTypes: [],
      problems: [`JOBLINE_JOB_TYPES: ${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`],
    };
  }
  // A module namespace has no prototype; zod wants a plain object.
  const checked = fileExports.safeParse({ ...(exports as object) });
  if (checked.success) return { jobTypes: checked.data.jobTypes as readonly JobTypeModule[], problems: [] };
  const problems = checked.error.issues.map(({ path: at, message }) => `JOBLINE_JOB_TYPES: ${path}: ${at.join('.')} ${message}`);
  return { jobTypes: [], problems };
}

/**
 * Loads the modules that JOBLINE_JOB_TYPES names.
 * @param paths absolute paths of modules that export `jobTypes: readonly JobTypeModule[]`.
 * @param shipped names that are taken.
 * @throws ConfigError with every problem of every file.
 */
export async function loadJobTypes(paths: readonly string[], shipped: readonly string[]): Promise<readonly JobTypeModule[]> {
  const files = await Promise.all(paths.map(loadFile));
  const problems = files.flatMap((file) => file.problems);
  const jobTypes = files.flatMap((file) => file.jobTypes);
  const taken = new Set<string>();
  for (const { spec } of jobTypes) {
    const key = `${spec.name}, version ${spec.version},`;
    if (shipped.includes(spec.name)) problems.push(`JOBLINE_JOB_TYPES: the type ${spec.name} is defined twice: it ships with Jobline`);
    if (taken.has(key)) problems.push(`JOBLINE_JOB_TYPES: the type ${key} is defined twice`);
    taken.add(key);
  }
  problems.push(...sharedStageProblems(jobTypes));
  if (problems.length > 0) throw new ConfigError(problems);
  return jobTypes;
}

/** A stage that two versions of a type share is one queue and one handler: what has changed needs another name. */
function sharedStageProblems(jobTypes: readonly JobTypeModule[]): readonly string[] {
  return jobTypes.flatMap(({ spec, handlers }, index) =>
    jobTypes.slice(0, index).flatMap((other) =>
      spec.stages
        .map(({ name: stageName }) => stageName)
        .filter((stageName) => other.spec.name === spec.name && other.handlers[stageName])
        .filter((stageName) => JSON.stringify(other.handlers[stageName]) !== JSON.stringify(handlers[stageName]))
        .map(
          (stageName) =>
            `JOBLINE_JOB_TYPES: the stage ${stageName} of ${spec.name} has different handlers in version ${other.spec.version} and version ${spec.version}: give it another name in one of them`,
        ),
    ),
  );
}

/** The types with the retention of RETAIN_DAYS, where that is set. */
export function withRetention(types: readonly JobTypeSpec[], retainDays: number | undefined): readonly JobTypeSpec[] {
  return retainDays === undefined ? types : types.map((type) => ({ ...type, retainDays }));
}

/** Every process that rings has to know which stages take several jobs a message. */
function withIsolation({ spec, handlers }: JobTypeModule): JobTypeSpec {
  const stages = spec.stages.map((stage) => ({ ...stage, isInline: handlers[stage.name]?.isolation === 'inline' }));
  return { ...spec, stages };
}

/** The job types of a process: the user's own, and the pipelines of those together with the shipped ones. */
export interface LoadedTypes {
  readonly userTypes: readonly JobTypeModule[];
  readonly pipelines: Pipelines;
}

/** Loads what JOBLINE_JOB_TYPES names; prints the problems and exits 78 when a file is wrong, as wrong settings do. */
export async function jobTypesOrExit(config: {
  readonly jobTypes: readonly string[];
  readonly retainDays?: number | undefined;
}): Promise<LoadedTypes> {
  const userTypes = await loadJobTypes(config.jobTypes, Object.keys(JOB_TYPES)).catch(exitOnConfigError);
  const specs = [...Object.values(JOB_TYPES), ...userTypes.map(withIsolation)];
  return { userTypes, pipelines: new Pipelines(withRetention(specs, config.retainDays)) };
}
