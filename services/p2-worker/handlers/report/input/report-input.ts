import { readFile } from 'node:fs/promises';
import type { ReportFormat, ReportProfile } from '../../../../../shared/domain/report-profile.ts';
import type { StageTask } from '../../../../../shared/ports/stage-handler.ts';

/** What Process 1 handed over, checked for the parts without which nothing can be rendered. */
export interface ReportInput {
  readonly profile: ReportProfile;
  /** Absolute path of table.ndjson. */
  readonly tablePath: string;
}

const FORMATS: readonly ReportFormat[] = ['pdf', 'xlsx', 'html', 'csv'];

/** The files of Process 1 are missing or not what this version understands; another attempt cannot help. */
export class StageInputError extends Error {
  override readonly name = 'StageInputError';
}

function pathOf(task: StageTask, name: string): string {
  const file = task.files.find((one) => one.name === name);
  if (!file) throw new StageInputError(`Process 2 of a report needs the file ${name} from Process 1; it was given ${names(task)}.`);
  return file.path;
}

function names(task: StageTask): string {
  return task.files.map((file) => file.name).join(', ') || 'none';
}

function isProfile(value: unknown): value is ReportProfile {
  const profile = value as Partial<ReportProfile> | null;
  return (
    typeof profile === 'object' &&
    profile !== null &&
    Array.isArray(profile.columns) &&
    Array.isArray(profile.table?.columns) &&
    Array.isArray(profile.options?.formats) &&
    Array.isArray(profile.warnings) &&
    typeof profile.rows?.total === 'number' &&
    typeof profile.source?.name === 'string' &&
    typeof profile.title === 'string' &&
    !Number.isNaN(Date.parse(String(profile.createdAt)))
  );
}

function checkedProfile(text: string): ReportProfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new StageInputError(`profile.json is not JSON: ${(error as Error).message}`);
  }
  const version = (value as { v?: unknown } | null)?.v;
  if (version !== 1) throw new StageInputError(`profile.json has version ${JSON.stringify(version)}; this worker reads version 1.`);
  if (!isProfile(value)) throw new StageInputError('profile.json lacks parts of a report profile (columns, table, options, rows, source).');
  const unknown = value.options.formats.find((format) => !FORMATS.includes(format));
  if (unknown) throw new StageInputError(`profile.json asks for the format ${JSON.stringify(unknown)}; allowed: ${FORMATS.join(', ')}.`);
  return value;
}

/** Reads and checks what Process 1 wrote. @throws StageInputError when a file is missing or not understood. */
export async function readReportInput(task: StageTask): Promise<ReportInput> {
  const tablePath = pathOf(task, 'table.ndjson');
  const profile = checkedProfile(await readFile(pathOf(task, 'profile.json'), 'utf8'));
  return { profile, tablePath };
}
