/** A whole number. @throws Error naming the option */
export function whole(name: string, text: string, least = 1): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new Error(`--${name} is ${text}; it must be a whole number from ${least}.`);
  return value;
}

/** The chosen of `all`, in the order of `all`. @throws Error for a name that there is none of */
export function chosen<T>(names: readonly string[] | undefined, all: readonly T[], nameOf: (one: T) => string): readonly T[] {
  if (names === undefined) return all;
  const unknown = names.filter((name) => !all.some((one) => nameOf(one) === name));
  if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}; there are ${all.map(nameOf).join(', ')}.`);
  return all.filter((one) => names.includes(nameOf(one)));
}
