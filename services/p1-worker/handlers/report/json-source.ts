import { stat } from 'node:fs/promises';
import { type ArrayMember, readJsonShape } from './json-shape.ts';
import { quoted, ReportRejection } from './rejection.ts';
import type { ReportContext } from './report-context.ts';
import type { TextFile } from './text-file.ts';

/** Where the rows of a JSON text are: one object a line, elements of one array, or objects one after the other. */
export type JsonLayout = 'lines' | 'array' | 'objects';

/** The part of a file that holds the rows. */
export interface JsonSource {
  readonly path: string;
  /** Byte offsets; `end` is behind the last. */
  readonly start: number;
  readonly end: number;
  readonly layout: JsonLayout;
  readonly format: 'json' | 'ndjson' | 'rows';
}

/**
 * Finds the rows in a JSON text: lines of objects, an array of objects, or an object with one array of objects. A single
 * object without arrays is one row.
 * @param prefersLines The name or media type says NDJSON.
 * @throws ReportRejection `json_not_tabular` when it is not clear what the rows are.
 */
export async function findJsonRows(file: TextFile, prefersLines: boolean, context: ReportContext): Promise<JsonSource> {
  const shape = await readJsonShape(file.path, file.bomBytes, context.signal);
  const { size } = await stat(file.path);
  const all = { path: file.path, start: file.bomBytes, end: size };
  const lines: JsonSource = { ...all, layout: 'lines', format: 'ndjson' };
  if (shape.first === 'other') throw notTabular('The JSON text is a single value');
  if (shape.first === 'array') return prefersLines ? lines : { ...all, layout: 'array', format: 'json' };
  if (shape.more === 'lines' || (prefersLines && shape.more === 'none')) return lines;
  if (shape.more === 'values' || shape.arrays.length === 0) return { ...all, layout: 'objects', format: 'json' };
  const table = onlyTable(shape.arrays);
  context.warnings.add(`The rows were taken from ${quoted(table.key)}; what stands beside it in the JSON object was left out.`);
  return { path: file.path, start: table.start, end: table.end, layout: 'array', format: 'json' };
}

function onlyTable(arrays: readonly ArrayMember[]): ArrayMember {
  const tables = arrays.filter(({ hasObjects }) => hasObjects);
  if (tables.length === 1) return tables[0]!;
  const keys = (list: readonly ArrayMember[]) =>
    list
      .slice(0, 10)
      .map(({ key }) => quoted(key))
      .join(', ');
  if (tables.length > 1) throw notTabular(`The JSON object holds several arrays of objects (${keys(tables)})`);
  throw notTabular(`The JSON object holds arrays (${keys(arrays)}), but none of objects`);
}

function notTabular(what: string): ReportRejection {
  const allowed = 'an array of objects, one object a line, or an object with one array of objects';
  return new ReportRejection('json_not_tabular', `${what}; a table needs ${allowed}.`);
}
