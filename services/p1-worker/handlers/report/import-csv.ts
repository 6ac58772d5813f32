import type { Database } from './database.ts';

/** The reader's buffers hold at least one record each. */
const MIN_BUFFER_BYTES = 8 * 1_048_576;

/** A delimited text that was checked record by record, and what the database must know of it. */
export interface CheckedCsv {
  readonly path: string;
  readonly delimiter: string;
  readonly escape: string;
  /** Records before the first row. */
  readonly skip: number;
  readonly hasCrLf: boolean;
  readonly hasQuotedNewlines: boolean;
  /** Columns, without the mark. */
  readonly width: number;
  /** Rows begin with a field that is no column. */
  readonly hasMark: boolean;
  readonly rows: number;
  readonly longestRecordBytes: number;
  /** Rows may have fewer fields than there are columns. */
  readonly hasShortRows: boolean;
  /** An empty field in quotes is an empty text, not a missing value. */
  readonly quotedIsText: boolean;
}

/**
 * Loads the rows into the table `source` with the columns `c0`, `c1`, ..., all cells as text.
 * @throws Error when the database reads more or fewer rows than we did.
 */
export async function importCsv(database: Database, csv: CheckedCsv, onProgress: (fraction: number) => void): Promise<void> {
  const ids = Array.from({ length: csv.width }, (_, index) => `c${index}`);
  const names = [...(csv.hasMark ? ['mark'] : []), ...ids].map((name) => `${name}: 'VARCHAR'`).join(', ');
  const maxLine = csv.longestRecordBytes * 2 + 65_536;
  const buffer = Math.max(MIN_BUFFER_BYTES, maxLine * 2);
  // The parallel reader goes wrong on line breaks in quotes, and so does the detection of line breaks (both measured).
  await database.runLong(
    `CREATE TABLE source AS SELECT ${ids.join(', ')} FROM read_csv($1, auto_detect = false, header = false, hive_partitioning = false, quote = '"',
       delim = $2, escape = $3, skip = ${csv.skip}, compression = 'none', encoding = 'utf-8', new_line = $4, columns = {${names}},
       null_padding = ${csv.hasShortRows}, allow_quoted_nulls = ${!csv.quotedIsText}, parallel = ${!csv.hasQuotedNewlines},
       max_line_size = ${maxLine}, buffer_size = ${buffer})`,
    [csv.path, csv.delimiter, csv.escape, csv.hasCrLf ? '\\r\\n' : '\\n'],
    onProgress,
  );
  const [count] = await database.row('SELECT count(*) FROM source');
  if (Number(count) !== csv.rows) throw new Error(`The database read ${count} rows where ${csv.rows} were counted.`);
}
