import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cell, ColumnType } from '../../../../../shared/domain/report-profile.ts';
import { projectRoot } from '../../../../../shared/runtime/project-root.ts';
import type { Dataset } from './make-profile.ts';

const COLUMNS: readonly (readonly [string, ColumnType])[] = [
  ['Title', 'text'],
  ['US Gross', 'integer'],
  ['Worldwide Gross', 'integer'],
  ['US DVD Sales', 'integer'],
  ['Production Budget', 'integer'],
  ['Release Date', 'date'],
  ['MPAA Rating', 'text'],
  ['Running Time min', 'integer'],
  ['Distributor', 'text'],
  ['Source', 'text'],
  ['Major Genre', 'text'],
  ['Creative Type', 'text'],
  ['Director', 'text'],
  ['Rotten Tomatoes Rating', 'integer'],
  ['IMDB Rating', 'decimal'],
  ['IMDB Votes', 'integer'],
];

function cellOf(value: unknown, type: ColumnType): Cell {
  if (value === null || value === undefined) return null;
  if (type === 'date') return new Date(`${String(value)} UTC`).toISOString().slice(0, 10);
  if (type === 'text') return String(value);
  return Number(value);
}

/** The 3,201 movies of vega-datasets, typed. */
export function moviesDataset(limit = 1_000): Dataset {
  const path = join(projectRoot(), 'node_modules', 'vega-datasets', 'data', 'movies.json');
  const records = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>[];
  return {
    title: 'Movies',
    columns: COLUMNS.map(([name, type]) => ({ name, type })),
    rows: records.map((record) => COLUMNS.map(([name, type]) => cellOf(record[name], type))),
    options: { limit },
  };
}
