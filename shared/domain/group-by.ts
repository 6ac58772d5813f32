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

/** Items by likeness, where few groups are expected: no key is made for any of them. */
export function groupAlike<T>(items: Iterable<T>, isAlike: (one: T, other: T) => boolean): readonly T[][] {
  const groups: T[][] = [];
  for (const item of items) {
    const group = groups.find(([first]) => isAlike(first!, item));
    if (group) group.push(item);
    else groups.push([item]);
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
