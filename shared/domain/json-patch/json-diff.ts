import { isEqualJson } from './equal-json.ts';
import { isJsonObject, type PatchOperation, pointerTo } from './patch-operation.ts';

/**
 * The JSON Patch (RFC 6902) that makes the second value of the first: members by name, elements of lists by position, what is
 * too much at the end of a list from the last one on.
 */
export function jsonDiff(before: unknown, after: unknown, path = ''): readonly PatchOperation[] {
  if (isEqualJson(before, after)) return [];
  if (isJsonObject(before) && isJsonObject(after)) return objectDiff(before, after, path);
  if (Array.isArray(before) && Array.isArray(after)) return listDiff(before, after, path);
  return [{ op: 'replace', path, value: after }];
}

function objectDiff(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: string,
): readonly PatchOperation[] {
  const gone = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return [
    ...gone.map((key): PatchOperation => ({ op: 'remove', path: pointerTo(path, key) })),
    ...Object.keys(after).flatMap((key): readonly PatchOperation[] => {
      const at = pointerTo(path, key);
      return Object.hasOwn(before, key) ? jsonDiff(before[key], after[key], at) : [{ op: 'add', path: at, value: after[key] }];
    }),
  ];
}

function listDiff(before: readonly unknown[], after: readonly unknown[], path: string): readonly PatchOperation[] {
  const both = Math.min(before.length, after.length);
  const operations: PatchOperation[] = [];
  for (let index = 0; index < both; index += 1) {
    for (const one of jsonDiff(before[index], after[index], pointerTo(path, index))) operations.push(one);
  }
  for (let index = before.length - 1; index >= both; index -= 1) operations.push({ op: 'remove', path: pointerTo(path, index) });
  for (let index = both; index < after.length; index += 1) {
    operations.push({ op: 'add', path: pointerTo(path, index), value: after[index] });
  }
  return operations;
}
