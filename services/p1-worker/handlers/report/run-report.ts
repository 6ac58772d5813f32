import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnProfile, ReportOptions, ReportProfile } from '../../../../shared/domain/report-profile.ts';
import type { Outcome, StageTask, StageTools } from '../../../../shared/ports/stage-handler.ts';
import { reportOptions, reportOptionsOf } from '../../../../shared/schema/report.ts';
import { Database } from './database.ts';
import type { Dataset, Relation } from './dataset.ts';
import { compileFilters, filterRows } from './filter-rows.ts';
import { groupsQuery, planGrouping } from './groups-query.ts';
import { inferColumns } from './infer-columns.ts';
import { loadDataset } from './load-dataset.ts';
import { openSource, type SourceFile } from './open-source.ts';
import { profileColumn } from './profile-column.ts';
import { ProgressMeter } from './progress-meter.ts';
import { ReportRejection } from './rejection.ts';
import { releaseMemory } from './release-memory.ts';
import { type ReportContext, Warnings } from './report-context.ts';
import { rowsQuery, sortTerms, writeTable } from './result-table.ts';
import { translateFailure } from './translate-failure.ts';
import type { TypedColumn } from './typed-column.ts';

/** Process 1 of a report: reads the dataset, profiles and aggregates it, writes `profile.json` and `table.ndjson`. */
export async function runReport(task: StageTask, tools: StageTools): Promise<Outcome> {
  const options = readOptions(task.options);
  const workDir = await mkdtemp(join(task.scratchDir, 'report-'));
  const context: ReportContext = {
    workDir,
    signal: tools.signal,
    meter: new ProgressMeter((fraction) => tools.progress(fraction)),
    warnings: new Warnings(),
  };
  try {
    const source = await openSource(task, context);
    return await withDatabase(task, source, context, (database) => report(task, options, source, database, context));
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

/** @throws ReportRejection `invalid_options`, naming the first wrong option. */
function readOptions(given: unknown): ReportOptions {
  const checked = reportOptions.safeParse(given ?? {});
  if (checked.success) return reportOptionsOf(checked.data);
  const [issue] = checked.error.issues;
  throw new ReportRejection('invalid_options', `Option ${issue?.path.join('.') || '(all)'}: ${issue?.message ?? 'is not valid'}.`);
}

async function withDatabase<T>(
  task: StageTask,
  source: SourceFile,
  context: ReportContext,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const { workDir, signal } = context;
  const database = await Database.open({ workDir, readable: [source.path], memoryMb: task.memoryMb, signal });
  try {
    return await work(database);
  } catch (error) {
    throw translateFailure(error, source, task.memoryMb, signal);
  } finally {
    database.close();
  }
}

async function report(
  task: StageTask,
  options: ReportOptions,
  source: SourceFile,
  database: Database,
  context: ReportContext,
): Promise<Outcome> {
  const dataset = await loadDataset(source, database, context);
  const columns = await inferColumns(dataset, database, context);
  const condition = compileFilters(options.filter, columns);
  const isGrouped = options.group_by.length + options.metrics.length > 0;
  const grouping = isGrouped ? planGrouping(options, columns) : undefined;
  if (!grouping) sortTerms(options.sort, columns);
  const kept = await filterRows(database, dataset.relation, columns, condition);
  context.meter.phase(0.58, 0.62)(1);
  const profiles = await profileColumns(database, kept, columns, context);
  const query = grouping ? await groupsQuery(database, kept, grouping, options) : await rowsQuery(database, kept, columns, options);
  const onRows = context.meter.phase(0.95, 0.99);
  const storedRows = await writeTable(database, query, join(task.outDir, 'table.ndjson'), (rows) => onRows(rows / options.limit));
  const table = {
    kind: query.kind,
    columns: query.columns.map(({ name, type }) => ({ name, type })),
    totalRows: query.totalRows,
    storedRows,
  };
  const profile = assemble(options, source, dataset, kept, profiles, table, context);
  await writeFile(join(task.outDir, 'profile.json'), JSON.stringify(profile));
  return {
    kind: 'done',
    artifacts: [
      { name: 'profile.json', mediaType: 'application/json', audience: 'internal' },
      { name: 'table.ndjson', mediaType: 'application/x-ndjson', audience: 'internal' },
    ],
    summary: { rows: profile.rows.total, columns: columns.length },
  };
}

async function profileColumns(
  database: Database,
  relation: Relation,
  columns: readonly TypedColumn[],
  { meter }: ReportContext,
): Promise<ColumnProfile[]> {
  const onProgress = meter.phase(0.62, 0.95);
  const profiles: ColumnProfile[] = [];
  for (const column of columns) {
    profiles.push(await profileColumn(database, relation, column));
    onProgress(profiles.length / columns.length);
    releaseMemory(profiles.length);
  }
  await database.run('DROP TABLE IF EXISTS vals');
  return profiles;
}

function assemble(
  options: ReportOptions,
  source: SourceFile,
  dataset: Dataset,
  kept: Relation,
  columns: readonly ColumnProfile[],
  table: ReportProfile['table'],
  { warnings }: ReportContext,
): ReportProfile {
  return {
    v: 1,
    title: options.title ?? titleOf(source),
    source: { name: source.name, compression: source.compression, sizeBytes: source.givenBytes, ...dataset.source },
    rows: { total: dataset.relation.rows, afterFilter: kept.rows },
    columns,
    table,
    options,
    warnings: warnings.list(),
    createdAt: new Date().toISOString(),
  };
}

/** The file's name without folders and the endings of formats. */
function titleOf({ name, isInline }: SourceFile): string {
  if (isInline) return 'Report';
  const base = name.split(/[/\\]/).at(-1) ?? '';
  return base.replace(/\.gz$/i, '').replace(/\.(?:csv|tsv|tab|txt|json|jsonl|ndjson|parquet)$/i, '') || 'Report';
}
