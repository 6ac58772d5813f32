import type { WrittenState } from './written-history.ts';

/** An event that a client received. */
export interface SeenEvent {
  readonly id: string;
  readonly status: string;
  readonly atMs: number;
}

/** What is wrong with what one client was told, and how late it was. */
export interface Comparison {
  readonly problems: readonly string[];
  readonly lagsMs: readonly number[];
}

const placeOf = (id: string) => id.slice(0, id.lastIndexOf('-'));

/** Each change of the job from the client's first event on: told once, in order, with the right status, and nothing else. */
export function compared(written: readonly WrittenState[], seen: readonly SeenEvent[]): Comparison {
  if (seen.length === 0) return { problems: ['nothing was received'], lagsMs: [] };
  const problems: string[] = [];
  if (new Set(seen.map(({ id }) => id)).size < seen.length) problems.push('an event came twice');
  // Progress within a state is no change of it.
  const steps = seen.filter(({ id }, index) => index === 0 || placeOf(seen[index - 1]!.id) !== placeOf(id));
  const from = written.findIndex(({ place }) => place === placeOf(steps[0]!.id));
  const expected = written.slice(Math.max(0, from)).map(({ place, status }) => `${place} ${status}`);
  const told = steps.map(({ id, status }) => `${placeOf(id)} ${status}`);
  if (from < 0 || expected.join() !== told.join()) problems.push(`written: ${expected.join(', ')}; told: ${told.join(', ')}`);
  const lagsMs = steps
    .slice(1)
    .flatMap(({ id, atMs }) => written.filter(({ place }) => place === placeOf(id)).map((one) => atMs - one.atMs));
  return { problems, lagsMs };
}
