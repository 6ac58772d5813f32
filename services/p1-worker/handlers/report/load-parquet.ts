import { namedColumns } from './column-names.ts';
import type { Database, DbRow } from './database.ts';
import { type Dataset, rawColumns } from './dataset.ts';
import { readTail } from './file-blocks.ts';
import { MAX_COLUMNS } from './limits.ts';
import { ReportRejection } from './rejection.ts';
import type { ReportContext } from './report-context.ts';

const TAIL_BYTES = 8;

/**
 * Makes a Parquet file readable as the view `source`; nothing is copied, since its columns can be read one by one.
 * @throws ReportRejection `parquet_malformed`, `too_many_columns`, `no_columns`.
 */
export async function loadParquet(
  path: string,
  sizeBytes: number,
  database: Database,
  { workDir, meter, warnings }: ReportContext,
): Promise<Dataset> {
  await requireFooter(path, sizeBytes);
  const from = `read_parquet('${path.replaceAll("'", "''")}', hive_partitioning = false)`;
  const described = await database.rows(`SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM ${from})`);
  if (described.length === 0) throw new ReportRejection('no_columns', 'The Parquet file holds no columns.');
  if (described.length > MAX_COLUMNS) {
    const message = `The Parquet file has ${described.length} columns; at most ${MAX_COLUMNS} are allowed.`;
    throw new ReportRejection('too_many_columns', message, { columns: described.length, max_columns: MAX_COLUMNS });
  }
  await database.keepTables(workDir, described.length, sizeBytes);
  const ids = described.map((_, index) => `c${index}`).join(', ');
  const numbered = `read_parquet('${path.replaceAll("'", "''")}', hive_partitioning = false, file_row_number = true)`;
  await database.run(`CREATE VIEW source AS SELECT * FROM ${numbered} AS parquet(${ids}, row_number)`);
  const [rows] = await database.row('SELECT count(*) FROM source');
  meter.phase(0, 0.1)(1);
  const names = namedColumns(await headersOf(path, database, described), warnings);
  const types = described.map(([, type]) => String(type));
  return {
    relation: { name: 'source', rowId: 'row_number', rows: Number(rows), isView: true },
    columns: rawColumns(names, 'native', types),
    source: { format: 'parquet', encoding: null, delimiter: null },
  };
}

/** Names as the file has them: the database itself renames those that differ in case only. */
async function headersOf(path: string, database: Database, described: readonly DbRow[]): Promise<readonly string[]> {
  const nodes = await database.rows('SELECT name, num_children FROM parquet_schema($1)', [path]);
  const headers: string[] = [];
  /** Nodes below the current column that are still to come: the schema is a tree, written depth first. */
  let below = 0;
  for (const [name, children] of nodes.slice(1)) {
    if (below === 0) headers.push(String(name));
    else below -= 1;
    below += Number(children ?? 0);
  }
  return headers.length === described.length ? headers : described.map(([name]) => String(name));
}

/** @throws ReportRejection when the file does not end as a Parquet file must: footer, its length, `PAR1`. */
async function requireFooter(path: string, sizeBytes: number): Promise<void> {
  const tail = await readTail(path, TAIL_BYTES);
  if (sizeBytes < 12 || tail.toString('latin1', 4) !== 'PAR1') {
    throw new ReportRejection('parquet_malformed', 'The Parquet file is cut off: its end is missing.');
  }
  const footerBytes = tail.readUInt32LE(0);
  if (footerBytes === 0 || footerBytes > sizeBytes - 12) {
    const message = `The Parquet file is damaged: its footer says that it has ${footerBytes} bytes, in a file of ${sizeBytes}.`;
    throw new ReportRejection('parquet_malformed', message, { footer_bytes: footerBytes, file_bytes: sizeBytes });
  }
}

/** What a failure of the database means while a Parquet file is read: the file is damaged, except for want of memory or disk. */
export function parquetRejection(): ReportRejection {
  return new ReportRejection('parquet_malformed', 'The Parquet file is damaged: its contents do not match its footer.');
}
