/** Levenshtein distance; rows are kept as one array. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The candidate that differs from `name` by the fewest edits, at most `maxEdits` (default 3), else undefined. */
export function closestName(name: string, candidates: readonly string[], maxEdits = 3): string | undefined {
  const ranked = candidates.map((candidate) => ({ candidate, edits: distance(name, candidate) })).sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best && best.edits <= maxEdits ? best.candidate : undefined;
}
