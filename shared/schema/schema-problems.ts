import type { z } from 'zod';

/** One thing wrong with a request. */
export interface SchemaProblem {
  /** JSON pointer (RFC 6901) into what was checked. */
  readonly pointer: string;
  readonly detail: string;
}

/** Problems reported at once; a body with more of them says so. */
const MOST_PROBLEMS = 20;

type Issue = z.core.$ZodIssue;

function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** Of a union, the alternative that came closest speaks: the one whose problem lies deepest, else all expected kinds. */
function unionProblems(issue: Issue & { code: 'invalid_union' }, path: readonly PropertyKey[]): SchemaProblem[] {
  const deeper = issue.errors.find((issues) => issues.some((one) => one.path.length > 0));
  if (deeper) return deeper.flatMap((one) => problemsOf(one, path));
  const kinds = new Set(issue.errors.flat().map((one) => (one.code === 'invalid_type' ? one.expected : one.message)));
  return [{ pointer: pointerOf(path), detail: `must be one of: ${[...kinds].join(', ')}` }];
}

function problemsOf(issue: Issue, base: readonly PropertyKey[]): SchemaProblem[] {
  const path = [...base, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ pointer: pointerOf([...path, key]).slice(0, 200), detail: 'is not a known field' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) return unionProblems(issue, path);
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  return [{ pointer: pointerOf(path), detail: isMissing ? `is required (${issue.expected})` : issue.message }];
}

/**
 * Turns zod's issues into problems with pointers, the first 20.
 * @param base pointer parts in front, e.g. `['options']`.
 */
export function schemaProblems(error: z.ZodError, base: readonly string[] = []): readonly SchemaProblem[] {
  const all = error.issues.flatMap((issue) => problemsOf(issue, base));
  if (all.length <= MOST_PROBLEMS) return all;
  return [...all.slice(0, MOST_PROBLEMS), { pointer: pointerOf(base), detail: `and ${all.length - MOST_PROBLEMS} problems more` }];
}
