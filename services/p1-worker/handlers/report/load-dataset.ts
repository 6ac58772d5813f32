import { refuseMarkup } from './container.ts';
import type { Database } from './database.ts';
import type { Dataset } from './dataset.ts';
import { findJsonRows, type JsonSource } from './json-source.ts';
import { loadCsv } from './load-csv.ts';
import { loadJson } from './load-json.ts';
import { loadParquet } from './load-parquet.ts';
import type { SourceFile } from './open-source.ts';
import type { ReportContext } from './report-context.ts';
import { openText, requireContent } from './text-file.ts';

/** Loads a source of any format: by its content first, by its name and media type where the content leaves a choice. */
export async function loadDataset(source: SourceFile, database: Database, context: ReportContext): Promise<Dataset> {
  if (source.container === 'parquet') return await loadParquet(source.path, source.sizeBytes, database, context);
  if (source.isInline) {
    const rows: JsonSource = { path: source.path, start: 0, end: source.sizeBytes, layout: 'lines', format: 'rows' };
    return await loadJson(rows, null, database, context);
  }
  return await loadText(source, database, context);
}

async function loadText(source: SourceFile, database: Database, context: ReportContext): Promise<Dataset> {
  const text = await openText(source.path, source.sizeBytes, context, context.meter.phase(0.04, 0.08));
  const head = await requireContent(text);
  refuseMarkup(head);
  const says = (pattern: RegExp) => pattern.test(source.name) || pattern.test(source.mediaType);
  if (!beginsLikeJson(head, says(/json/i))) return await loadCsv(text, says(/\.(?:tsv|tab)(?:\.gz)?$|tab-separated/i), database, context);
  const json = await findJsonRows(text, says(/\.(?:ndjson|jsonl)(?:\.gz)?$|ndjson|jsonl|json-seq/i), context);
  return await loadJson(json, text.encoding, database, context);
}

/** A brace with a key or nothing behind it, or a bracket with an object or an array; less, or a single value, is enough where the name says JSON. */
function beginsLikeJson(head: Buffer, saysJson: boolean): boolean {
  const text = head.subarray(0, 4_096).toString('utf8').trimStart();
  return saysJson ? /^[{[]/.test(text) || SCALAR.test(text) : /^(?:\{\s*["}]|\[\s*[{[\]])/.test(text);
}

/** A whole file of one JSON value that is neither an object nor an array. */
const SCALAR = /^(?:-?[\d.]+(?:e[+-]?\d+)?|true|false|null|"(?:[^"\\\n]|\\.)*")\s*$/i;
