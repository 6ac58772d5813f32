import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../shared/runtime/project-root.ts';

const FORMATS = ['pdf', 'xlsx', 'html', 'csv'] as const;

export const DEMO_USAGE = `Usage: npm run demo -- [--input FILE] [--format FORMATS] [--group-by COLUMN]... [--title TEXT]

Starts the whole system, makes a report of a dataset through the HTTP API, and writes its files to reports/JOB_ID/.

  --input FILE       CSV, TSV, NDJSON, JSON or Parquet, gzipped or not (default: a dataset that ships with Jobline)
  --format FORMATS   ${FORMATS.join(', ')}, several separated by commas (default: all)
  --group-by COLUMN  a table of the number of rows per value; may be repeated
  --title TEXT       heading of the report`;

/** What the demo is asked for cannot be done; the message says why. */
export class DemoUsageError extends Error {}

/** What the demo is to do. */
export interface DemoOptions {
  readonly isHelp: boolean;
  /** Absolute path of the dataset. */
  readonly input: string;
  /** Options of the `report` job. */
  readonly report: Readonly<Record<string, unknown>>;
}

const SHIPPED = {
  file: 'birdstrikes.csv',
  report: {
    title: 'Wildlife strikes on aircraft, 1990 to 2002',
    group_by: ['Phase of flight'],
    metrics: [
      { fn: 'count', as: 'Strikes' },
      { fn: 'sum', column: 'Cost Total $', as: 'Total cost ($)' },
      { fn: 'mean', column: 'Speed IAS in knots', as: 'Mean speed (knots)' },
    ],
    sort: [{ column: 'Strikes', order: 'desc' }],
  },
};

function formatsOf(text: string): readonly string[] {
  const formats = text.split(',').map((format) => format.trim().toLowerCase());
  const wrong = formats.find((format) => !FORMATS.some((known) => known === format));
  if (wrong !== undefined) throw new DemoUsageError(`--format ${text}: ${JSON.stringify(wrong)} is none of ${FORMATS.join(', ')}.`);
  return [...new Set(formats)];
}

function checkInput(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) throw new DemoUsageError(`--input ${path}: there is no such file.`);
  if (!found.isFile()) throw new DemoUsageError(`--input ${path}: this is not a file.`);
  if (found.size === 0) throw new DemoUsageError(`--input ${path}: the file is empty.`);
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = {
    input: text,
    format: text,
    title: text,
    'group-by': { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h' },
  } as const;
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new DemoUsageError(`${(error as Error).message}\n\n${DEMO_USAGE}`);
  }
}

/** Reads the demo's arguments; relative paths are seen from `folder`. @throws DemoUsageError */
export function parseDemoOptions(args: readonly string[], folder: string): DemoOptions {
  const values = parse(args);
  const groupBy = values['group-by'] ?? [];
  const isShipped = values.input === undefined;
  const input = isShipped ? join(projectRoot(), 'deploy/local/data', SHIPPED.file) : resolve(folder, values.input ?? '');
  if (values.help !== true) checkInput(input);
  const report = {
    ...(isShipped && groupBy.length === 0 && SHIPPED.report),
    ...(groupBy.length > 0 && { group_by: groupBy, metrics: [{ fn: 'count', as: 'Rows' }], sort: [{ column: 'Rows', order: 'desc' }] }),
    ...(values.title !== undefined && { title: values.title }),
    ...(values.format !== undefined && { formats: formatsOf(values.format) }),
  };
  return { isHelp: values.help === true, input, report };
}
