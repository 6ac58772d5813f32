import type { JobRecord } from '../../shared/domain/job.ts';
import type { Violation } from './history-observer.ts';

/** A message in a dead-letter queue: one bell, or one that cannot be read. */
export type Letter = { readonly stage: number; readonly id: string; readonly gen: number } | { readonly unreadable: string };

export interface DeadLettersInput {
  readonly letters: readonly Letter[];
  /** Every record of the database. */
  readonly records: readonly JobRecord[];
  /** Bodies of the messages that nobody can read and that were put there, all different. */
  readonly unreadable: readonly string[];
}

/** The dead-letter queues hold one letter of each failed job, at its stage and generation, the unreadable messages, and no more. */
export function checkDeadLetters({ letters, records, unreadable }: DeadLettersInput): readonly Violation[] {
  const violations: Violation[] = [];
  const report = (rule: string, jobId: string, detail: string) => violations.push({ rule: `dead letters: ${rule}`, jobId, detail });
  const wanted = new Map(records.filter(({ state }) => state === 'FAILED').map(({ id, stage, gen }) => [id, `${stage}:${gen}`]));
  const met = new Set<string>();
  for (const letter of letters) {
    if ('unreadable' in letter) continue;
    const is = `${letter.stage}:${letter.gen}`;
    if (wanted.get(letter.id) !== is)
      report('only of failed jobs as they are now', letter.id, `${is}, the record says ${wanted.get(letter.id)}`);
    else if (met.has(letter.id)) report('each once', letter.id, is);
    else met.add(letter.id);
  }
  for (const [id, is] of wanted) if (!met.has(id)) report('one of each failed job', id, `${is} is missing`);
  // A broker that is killed may dead-letter a message twice, and of these nobody can tell a copy.
  const left = new Set(letters.flatMap((letter) => ('unreadable' in letter ? letter.unreadable : [])));
  for (const body of unreadable) if (!left.delete(body)) report('what nobody can read stays to be looked at', '', body);
  for (const body of left) report('nothing unreadable that nobody sent', '', body);
  return violations;
}
