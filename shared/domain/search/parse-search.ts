import { JOB_STATES, type JobState } from '../job.ts';
import { type JobSearch, TAG } from './job-search.ts';

/** What is wrong with a query, and where: characters from 0. */
export interface SearchProblem {
  readonly position: number;
  readonly detail: string;
}

export type ParsedSearch =
  | { readonly ok: true; readonly search: Omit<JobSearch, 'tenant'> }
  | { readonly ok: false; readonly problem: SearchProblem };

type Parts = { -readonly [K in keyof Omit<JobSearch, 'tenant'>]: JobSearch[K] };

const STATES = new Map<string, JobState>(JOB_STATES.map((state) => [state.toLowerCase(), state]));
const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const NAME = /^[A-Za-z0-9._:-]{1,100}$/;
const MOST_TERMS = 20;

/** Takes the value into the parts. @returns what is wrong with it. */
type Term = (value: string, parts: Parts, now: Date) => string | undefined;

const once = (isThere: boolean, key: string) => (isThere ? `${key}: stands twice; once is allowed` : undefined);

function addAge(value: string, parts: Parts, now: Date): string | undefined {
  const match = /^([<>])(\d{1,6})([smhd])$/.exec(value);
  if (!match) return 'age: takes > or <, a number and a unit (s, m, h or d), e.g. age:>2h';
  const [, direction, count, unit] = match as unknown as [string, '<' | '>', string, keyof typeof UNIT_MS];
  const at = new Date(now.getTime() - Number(count) * UNIT_MS[unit]);
  const part = direction === '>' ? 'createdBefore' : 'createdAfter';
  if (parts[part]) return `age:${direction} stands twice; once is allowed`;
  parts[part] = at;
  return undefined;
}

/** What may stand before the colon. */
const TERMS: Readonly<Record<string, Term>> = {
  state: (value, parts) => {
    const state = STATES.get(value.toLowerCase());
    if (!state) return `state: takes one of ${[...STATES.keys()].join(', ')}`;
    const twice = once(parts.state !== undefined, 'state');
    parts.state = state;
    return twice;
  },
  type: (value, parts) => {
    if (!NAME.test(value)) return 'type: takes the name of a job type';
    const twice = once(parts.type !== undefined, 'type');
    parts.type = value;
    return twice;
  },
  tag: (value, parts) => {
    if (!TAG.test(value)) return 'tag: takes a tag: up to 64 letters, digits and . _ : / -';
    parts.tags = [...new Set([...(parts.tags ?? []), value])];
    return undefined;
  },
  error: (value, parts) => {
    if (!NAME.test(value)) return 'error: takes the code of an error, e.g. error:stage_timeout';
    const twice = once(parts.errorCode !== undefined, 'error');
    parts.errorCode = value;
    return twice;
  },
  age: addAge,
};

/**
 * Reads a query such as `state:failed type:report tag:abc error:stage_timeout age:>2h`: terms of a key and a value, all of which
 * must hold. @param now what ages count from.
 */
export function parseSearch(text: string, now: Date): ParsedSearch {
  const parts: Parts = {};
  const terms = [...text.matchAll(/\S+/g)];
  for (const [index, term] of terms.entries()) {
    const detail = index < MOST_TERMS ? readTerm(term[0], parts, now) : `there are more than ${MOST_TERMS} terms`;
    if (detail !== undefined) return { ok: false, problem: { position: term.index, detail } };
  }
  return { ok: true, search: parts };
}

function readTerm(term: string, parts: Parts, now: Date): string | undefined {
  const colon = term.indexOf(':');
  const key = term.slice(0, Math.max(colon, 0));
  const known = Object.keys(TERMS).join(', ');
  if (colon < 0) return `${JSON.stringify(term.slice(0, 50))} has no colon; a term is a key and a value, and the keys are ${known}`;
  if (!Object.hasOwn(TERMS, key)) return `${JSON.stringify(key.slice(0, 50))} is not a key; the keys are ${known}`;
  return TERMS[key]!(term.slice(colon + 1), parts, now);
}
