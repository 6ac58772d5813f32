import type { Bound } from '../../shared/domain/bounds.ts';
import { Problem } from './problems.ts';

const DEEPEST = 32;
const LONGEST_ARRAY = 100_000;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
/** An integer literal of 16 digits or more between JSON's separators. */
const LONG_INTEGER = /[[:,]\s*(-?\d{16,})(?=\s*[\]},])/g;

/** How large a parsed value may be. */
export interface JsonLimits {
  /** Levels. Default 32. */
  readonly maxJsonDepth?: number;
  /** Elements of one array. Default 100,000. */
  readonly maxJsonArrayLength?: number;
}

interface Finding {
  readonly path: string[];
  readonly what: string | 'unsafe_integer';
  readonly bound?: Bound;
}

const pointerOf = (path: readonly string[]) =>
  path
    .map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
    .slice(0, 300);

/** Depth-first; recursion ends at the depth limit. */
function find(value: unknown, depth: number, limits: Required<JsonLimits>): Finding | undefined {
  if (typeof value === 'number') return numberFinding(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const tooLarge = sizeFinding(value, depth, limits);
  if (tooLarge) return tooLarge;
  return Array.isArray(value) ? findInList(value, depth, limits) : findInObject(value as Readonly<Record<string, unknown>>, depth, limits);
}

function findInList(list: readonly unknown[], depth: number, limits: Required<JsonLimits>): Finding | undefined {
  for (let index = 0; index < list.length; index += 1) {
    const found = find(list[index], depth + 1, limits);
    if (found) return { ...found, path: [String(index), ...found.path] };
  }
  return undefined;
}

function findInObject(object: Readonly<Record<string, unknown>>, depth: number, limits: Required<JsonLimits>): Finding | undefined {
  for (const key of Object.keys(object)) {
    if (isForbidden(key)) return { path: [key], what: 'is a key that is not accepted' };
    const found = find(object[key], depth + 1, limits);
    if (found) return { ...found, path: [key, ...found.path] };
  }
  return undefined;
}

function sizeFinding(value: object, depth: number, { maxJsonDepth, maxJsonArrayLength }: Required<JsonLimits>): Finding | undefined {
  if (depth > maxJsonDepth) return { path: [], what: `is nested deeper than ${maxJsonDepth} levels`, bound: 'json_depth' };
  if (!Array.isArray(value) || value.length <= maxJsonArrayLength) return undefined;
  const what = `is an array of ${value.length} elements; the limit is ${maxJsonArrayLength}`;
  return { path: [], what, bound: 'json_array_length' };
}

function isForbidden(key: string): boolean {
  return FORBIDDEN_KEYS.has(key) || key.includes('\0');
}

function numberFinding(value: number): Finding | undefined {
  if (!Number.isFinite(value)) return { path: [], what: 'is a number beyond the range of a double' };
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? { path: [], what: 'unsafe_integer' } : undefined;
}

/** An integer literal whose digits JSON.parse did not keep. */
function lostDigits(text: string): string | undefined {
  for (const [, digits] of text.matchAll(LONG_INTEGER)) {
    if (BigInt(digits!) !== BigInt(Number(digits))) return digits!;
  }
  return undefined;
}

/**
 * Checks a parsed body for what is never accepted: more depth or longer arrays than the limits allow, keys that reach prototypes, NUL in keys (BSON cannot
 * hold it), numbers that lost digits.
 * @param text what `value` was parsed from.
 * @param what how the problem calls it.
 * @throws Problem forbidden_json with a pointer.
 */
export function checkShape(value: unknown, text: string, what = 'The body', limits: JsonLimits = {}): void {
  const { maxJsonDepth = DEEPEST, maxJsonArrayLength = LONGEST_ARRAY } = limits;
  const found = find(value, 1, { maxJsonDepth, maxJsonArrayLength });
  if (!found) return;
  let detail = found.what;
  if (detail === 'unsafe_integer') {
    const digits = lostDigits(text);
    if (digits === undefined) return;
    detail = `is an integer (${digits.slice(0, 40)}) that a JSON number cannot carry exactly; send it as a string`;
  }
  const pointer = pointerOf(found.path);
  throw new Problem('forbidden_json', {
    detail: `${pointer || what} ${detail}.`,
    fields: { errors: [{ pointer, detail }] },
    ...(found.bound && { bound: found.bound }),
  });
}
