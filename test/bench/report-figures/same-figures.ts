import type { ColumnProfile } from '../../../shared/domain/report-profile.ts';

const TOLERANCE = 1e-6;

/** A row of `figuresSql`, as DuckDB's command prints it. */
type FiguresRow = Readonly<Record<string, unknown>>;

function isNear(ours: number | null, theirs: unknown): boolean {
  if (ours === null || theirs === null || theirs === undefined) return (ours ?? null) === (theirs ?? null);
  const other = Number(theirs);
  return Math.abs(ours - other) <= TOLERANCE * Math.max(Math.abs(ours), Math.abs(other), 1e-9);
}

/** What differs between our profile and DuckDB's figures, as sentences: none where both did the same work. */
export function differences(columns: readonly ColumnProfile[], rows: readonly FiguresRow[]): readonly string[] {
  const byName = new Map(rows.filter((row) => 'nulls' in row).map((row) => [row['name'], row]));
  return columns.flatMap(({ name, count, nulls, distinct, mean, stddev, quartiles }) => {
    const row = byName.get(name);
    if (!row) return [`DuckDB has no column ${name}.`];
    const theirs = (row['quartiles'] ?? [null, null, null]) as readonly unknown[];
    const pairs: readonly (readonly [string, number | null, unknown])[] = [
      ['count', count, row['count']],
      ['nulls', nulls, row['nulls']],
      ['distinct', distinct, row['distinct']],
      ['mean', mean, row['mean']],
      ['stddev', stddev, row['stddev']],
      ['p25', quartiles?.p25 ?? null, theirs[0]],
      ['p50', quartiles?.p50 ?? null, theirs[1]],
      ['p75', quartiles?.p75 ?? null, theirs[2]],
    ];
    return pairs
      .filter(([, ours, other]) => !isNear(ours, other))
      .map(([what, ours, other]) => `${name}: ${what} is ${ours}, not ${other}.`);
  });
}
