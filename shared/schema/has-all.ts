/** JSON Schema of an object with all of these: as linters want it, which look for the properties beside their names. */
export function hasAll(...names: readonly string[]) {
  return { properties: Object.fromEntries(names.map((name) => [name, {}])), required: [...names] };
}
