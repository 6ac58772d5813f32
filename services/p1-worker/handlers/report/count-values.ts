import type { Database } from './database.ts';
import { failureKind } from './database-failure.ts';
import type { Relation } from './dataset.ts';
import type { TypedColumn } from './typed-column.ts';

/** Parts into which the values are split, in turn, while the memory does not suffice. */
const PARTS = [1, 8, 64];

/**
 * Puts the distinct values `v` of a column and how often each occurs, `n`, into the table `vals`. The database's aggregation
 * goes to disk, but holds one of its partitions in memory; where that is too much (measured: 95 million distinct integers
 * in 170 MiB) the values are aggregated part by part, with one scan of the column each.
 */
export async function countValues(database: Database, relation: Relation, column: TypedColumn): Promise<void> {
  for (const [attempt, parts] of PARTS.entries()) {
    try {
      return await countInParts(database, relation, column, parts);
    } catch (error) {
      if (failureKind(error) !== 'memory' || attempt === PARTS.length - 1) throw error;
    }
  }
}

async function countInParts(database: Database, relation: Relation, { sql }: TypedColumn, parts: number): Promise<void> {
  const from = `(SELECT ${sql} AS v FROM ${relation.name})`;
  for (let part = 0; part < parts; part += 1) {
    const into = part === 0 ? 'CREATE OR REPLACE TABLE vals AS' : 'INSERT INTO vals';
    const where = parts === 1 ? '' : `WHERE hash(v) % ${parts} = ${part}`;
    await database.run(`${into} SELECT v, count(*) AS n FROM ${from} ${where} GROUP BY v`);
  }
}
