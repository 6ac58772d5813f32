import { isEqualJson } from './equal-json.ts';
import { isJsonObject, type PatchOperation, type PatchProblem, pointerTokens } from './patch-operation.ts';

export type Patched = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: PatchProblem };

class Misfit extends Error {}

/**
 * Applies a JSON Patch (RFC 6902): all of it, or none. What it is applied to stays as it is.
 * @param mostCopied characters of JSON that its copies may make together: a few copies of copies would fill any memory.
 */
export function applyPatch(document: unknown, patch: readonly PatchOperation[], mostCopied: number): Patched {
  let value = document;
  let copied = 0;
  for (const [at, operation] of patch.entries()) {
    try {
      if (operation.op === 'copy') copied += JSON.stringify(valueAt(value, tokensOf(operation.from))).length;
      if (copied > mostCopied) throw new Misfit(`copies make more than ${mostCopied} characters`);
      value = applied(value, operation);
    } catch (error) {
      if (error instanceof Misfit) return { ok: false, problem: { at, detail: error.message } };
      throw error;
    }
  }
  return { ok: true, value };
}

/** Applies a JSON Merge Patch (RFC 7396): null takes a member away, lists are replaced. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isJsonObject(patch)) return patch;
  const merged = new Map(isJsonObject(target) ? Object.entries(target) : []);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

function applied(document: unknown, operation: PatchOperation): unknown {
  const tokens = tokensOf(operation.path);
  switch (operation.op) {
    case 'add':
      return added(document, tokens, operation.value);
    case 'remove':
      return removed(document, tokens);
    case 'replace':
      valueAt(document, tokens);
      return tokens.length === 0 ? operation.value : changed(document, tokens, (parent, last) => put(parent, last, operation.value));
    case 'test':
      if (!isEqualJson(valueAt(document, tokens), operation.value))
        throw new Misfit(`${operation.path || 'the whole'} is not what is tested for`);
      return document;
    case 'copy':
      return added(document, tokens, valueAt(document, tokensOf(operation.from)));
    case 'move':
      if (operation.path.startsWith(`${operation.from}/`)) throw new Misfit('a value cannot be moved into itself');
      return added(removed(document, tokensOf(operation.from)), tokens, valueAt(document, tokensOf(operation.from)));
  }
}

function tokensOf(pointer: string): readonly string[] {
  const tokens = pointerTokens(pointer);
  if (!tokens) throw new Misfit(`${JSON.stringify(pointer)} is no JSON Pointer`);
  return tokens;
}

function added(document: unknown, tokens: readonly string[], value: unknown): unknown {
  if (tokens.length === 0) return value;
  return changed(document, tokens, (parent, last) => {
    if (!Array.isArray(parent)) return put(parent, last, value);
    return parent.toSpliced(last === '-' ? parent.length : indexIn(parent, last, parent.length), 0, value);
  });
}

function removed(document: unknown, tokens: readonly string[]): unknown {
  if (tokens.length === 0) throw new Misfit('the whole cannot be removed');
  valueAt(document, tokens);
  return changed(document, tokens, (parent, last) => {
    if (Array.isArray(parent)) return parent.toSpliced(indexIn(parent, last, parent.length - 1), 1);
    return Object.fromEntries(Object.entries(parent).filter(([key]) => key !== last));
  });
}

type Container = readonly unknown[] | Readonly<Record<string, unknown>>;

/** The document with another container at the place of the last token; nothing is changed in place. */
function changed(
  document: unknown,
  [token, ...rest]: readonly string[],
  change: (parent: Container, last: string) => Container,
): Container {
  const here = containerOf(document, token!);
  if (rest.length === 0) return change(here, token!);
  return put(here, token!, changed(valueAt(here, [token!]), rest, change));
}

function put(parent: Container, last: string, value: unknown): Container {
  // An entry's key is a member's name whatever it is; an assignment to `__proto__` would not be.
  if (!Array.isArray(parent)) return Object.fromEntries([...new Map([...Object.entries(parent), [last, value]])]);
  return parent.with(indexIn(parent, last, parent.length - 1), value);
}

function valueAt(document: unknown, tokens: readonly string[]): unknown {
  return tokens.reduce<unknown>((value, token) => {
    const here = containerOf(value, token);
    if (Array.isArray(here)) return here[indexIn(here, token, here.length - 1)];
    if (!Object.hasOwn(here, token)) throw new Misfit(`there is no ${JSON.stringify(token.slice(0, 100))}`);
    return (here as Readonly<Record<string, unknown>>)[token];
  }, document);
}

function containerOf(value: unknown, token: string): Container {
  if (Array.isArray(value) || isJsonObject(value)) return value;
  throw new Misfit(`${JSON.stringify(token.slice(0, 100))} is looked for in what is no object and no list`);
}

function indexIn(list: readonly unknown[], token: string, most: number): number {
  const index = /^(?:0|[1-9]\d{0,9})$/.test(token) ? Number(token) : Number.NaN;
  if (index <= most) return index;
  throw new Misfit(`${JSON.stringify(token.slice(0, 100))} is no position in a list of ${list.length}`);
}
