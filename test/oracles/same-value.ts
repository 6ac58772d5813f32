/** Equal as stored: by value, dates by their moment, an undefined key as an absent one. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date || b instanceof Date) return a instanceof Date && b instanceof Date && a.getTime() === b.getTime();
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  if (Array.isArray(a) && a.length !== (b as readonly unknown[]).length) return false;
  return allFields(a, b, (one, other) => sameValue(one, other));
}

/** Names of the top-level fields that differ. */
export function changedFields(a: object, b: object): readonly string[] {
  const changed: string[] = [];
  allFields(a, b, (one, other, key) => {
    if (!sameValue(one, other)) changed.push(key);
    return true;
  });
  return changed;
}

/** Without lists of keys: the oracles look at every field of every write. */
function allFields(a: object, b: object, holds: (one: unknown, other: unknown, key: string) => boolean): boolean {
  const [of, to] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key in of) if (!holds(of[key], to[key], key)) return false;
  for (const key in to) if (!(key in of) && !holds(undefined, to[key], key)) return false;
  return true;
}
