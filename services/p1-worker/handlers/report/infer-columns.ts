import { BOOLEAN, isMissingMark, marksMissing, matches, whole } from './cell-patterns.ts';
import { counted } from './counted.ts';
import type { Database } from './database.ts';
import type { Dataset, RawColumn } from './dataset.ts';
import { type Finding, inferNumber, type TextColumn } from './infer-number.ts';
import { inferTime } from './infer-time.ts';
import type { JsonKind } from './json-rows.ts';
import { nativeReading } from './native-column.ts';
import { quoted } from './rejection.ts';
import { releaseMemory } from './release-memory.ts';
import type { ReportContext } from './report-context.ts';
import { type Reading, type TypedColumn, textReading } from './typed-column.ts';

const SAMPLE_ROWS = 2_048;

/** Finds the type of every column from all of its cells. */
export async function inferColumns(dataset: Dataset, database: Database, context: ReportContext): Promise<TypedColumn[]> {
  const onProgress = context.meter.phase(0.45, 0.58);
  const columns: TypedColumn[] = [];
  for (const raw of dataset.columns) {
    const reading = await readingOf(raw, dataset, database, context);
    columns.push({ id: raw.id, index: raw.index, name: raw.name, ...reading });
    onProgress(columns.length / dataset.columns.length);
    releaseMemory(columns.length);
  }
  return columns;
}

async function readingOf(raw: RawColumn, dataset: Dataset, database: Database, context: ReportContext): Promise<Reading> {
  if (raw.kind === 'native') return nativeReading(raw);
  const column = { database, relation: dataset.relation.name, sql: raw.id, delimiter: dataset.source.delimiter };
  const finding = raw.kind === 'json' ? await inferJson(column, raw.jsonKind ?? 'mixed') : await inferText(column);
  const name = `Column ${quoted(raw.name)}`;
  if ('why' in finding) {
    if (finding.why !== undefined) context.warnings.add(`${name} holds ${finding.why}; it was read as text.`);
    return textReading(finding.sql);
  }
  if (finding.missing > 0)
    context.warnings.add(`${name}: ${counted(finding.missing, 'cell')} with a mark such as "NA" or "-" read as missing.`);
  return finding.reading;
}

/** A finding that knows how to read the column as text where it is nothing else. */
type Settled = Exclude<Finding, { why: unknown }> | { readonly why: string | undefined; readonly sql: string };

async function inferText(column: TextColumn): Promise<Settled> {
  const sample = await sampleOf(column);
  if (sample.length === 0) return { why: undefined, sql: column.sql };
  const booleans = await inferBoolean(column, sample);
  if (booleans) return booleans;
  const number = await inferNumber(column, sample);
  if ('reading' in number) return number;
  const time = await inferTime(column, sample);
  return 'reading' in time ? time : { why: number.why ?? time.why, sql: column.sql };
}

/** Values of JSON objects: what they are is known; only texts are looked at for dates. */
async function inferJson(column: TextColumn, kind: JsonKind): Promise<Settled> {
  const { sql } = column;
  switch (kind) {
    case 'nested':
      return { reading: { type: 'nested', storage: 'VARCHAR', sql, isZoned: false }, missing: 0 };
    case 'boolean':
      return { reading: { type: 'boolean', storage: 'BOOLEAN', sql: `${sql} = 'true'`, isZoned: false }, missing: 0 };
    case 'number':
      return { sql, ...(await inferNumber(column, await sampleOf(column))) };
    case 'text':
      return { sql, ...(await inferTime(column, await sampleOf(column))) };
    default:
      return { why: kind === 'mixed' ? 'values of several JSON types' : undefined, sql };
  }
}

/** Different texts from the beginning of the column, without marks for missing values. */
async function sampleOf({ database, relation, sql }: TextColumn): Promise<string[]> {
  const rows = await database.rows(
    `SELECT DISTINCT left(t, 200) FROM (SELECT ${sql} AS t FROM ${relation} WHERE ${sql} IS NOT NULL LIMIT ${SAMPLE_ROWS})`,
  );
  return rows.map(([text]) => String(text)).filter((text) => !isMissingMark(text));
}

async function inferBoolean(
  { database, relation, sql }: TextColumn,
  sample: readonly string[],
): Promise<Exclude<Finding, { why: unknown }> | undefined> {
  if (!sample.every((text) => whole(BOOLEAN).test(text))) return undefined;
  const counts = await database.row(
    `SELECT count(t), count_if(${matches('t', BOOLEAN)}), count_if(${marksMissing('t')}) FROM (SELECT ${sql} AS t FROM ${relation})`,
  );
  const [present, booleans, missing] = counts.map(Number) as [number, number, number];
  if (booleans + missing < present) return undefined;
  const read = `CASE lower(trim(${sql})) WHEN 'true' THEN true WHEN 'false' THEN false END`;
  return { reading: { type: 'boolean', storage: 'BOOLEAN', sql: read, isZoned: false }, missing };
}
