import { quoted, ReportRejection } from './rejection.ts';

const LISTED = 20;

/**
 * The column of that name.
 * @param where Place in the options, e.g. `group_by[0]`.
 * @throws ReportRejection `unknown_column`, with the nearest name and the first 20 that exist.
 */
export function findColumn<T extends { readonly name: string }>(name: string, columns: readonly T[], where: string): T {
  const found = columns.find((column) => column.name === name) ?? columns.find((column) => column.name === name.trim());
  if (found) return found;
  const names = columns.map((column) => column.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? '' : ` Did you mean ${quoted(nearest)}?`;
  const listed = names.slice(0, LISTED).map(quoted).join(', ');
  const more = names.length > LISTED ? ` and ${names.length - LISTED} more` : '';
  throw new ReportRejection(
    'unknown_column',
    `${where} names column ${quoted(name)}, which does not exist.${hint} Columns: ${listed}${more}.`,
    {
      where,
      column: name.slice(0, 200),
      ...(nearest !== undefined && { did_you_mean: nearest.slice(0, 200) }),
    },
  );
}

/** The name that differs least, if it differs by a third of its length at most; upper and lower case are alike. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const wanted = name.trim().toLowerCase();
  const ranked = names
    .map((candidate) => ({ candidate, edits: editDistance(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= Math.max(1, Math.floor(wanted.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein distance of the first 100 characters. */
function editDistance(left: string, right: string): number {
  const a = [...left].slice(0, 100);
  const b = [...right].slice(0, 100);
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
