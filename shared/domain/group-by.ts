/** Items by key; keys in the order of their first items, items in their order. */
export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): ReadonlyMap<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** Those that are fit, and the others, each in their order. */
export function partition<T>(items: Iterable<T>, isFit: (item: T) => boolean): readonly [T[], T[]] {
  const fit: T[] = [];
  const others: T[] = [];
  for (const item of items) (isFit(item) ? fit : others).push(item);
  return [fit, others];
}
