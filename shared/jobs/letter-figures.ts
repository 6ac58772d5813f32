import { groupState, ignoredCauses } from '../domain/dead-letters/letter-group.ts';
import type { Clock } from '../ports/clock.ts';
import type { DeadLetters } from '../ports/dead-letters.ts';
import type { LetterGroups } from '../ports/letter-groups.ts';

export interface LetterFiguresDeps {
  readonly letterGroups: Pick<LetterGroups, 'all'>;
  readonly deadLetters: Pick<DeadLetters, 'count'>;
  readonly clock: Clock;
}

/** What operators have said of dead letters, in numbers. */
export interface LetterFigures {
  /** Dead letters of ignored groups, by position of the stage. */
  readonly ignored: ReadonlyMap<number, number>;
  /** Groups that were resolved and have failed again. */
  readonly regressions: number;
}

/** Reads the marks, and counts the letters of those groups that are ignored now. */
export async function letterFigures({ letterGroups, deadLetters, clock }: LetterFiguresDeps): Promise<LetterFigures> {
  const [marks, now] = [await letterGroups.all(), clock.now()];
  const ignored = new Map<number, number>();
  for (const { type, stage, fingerprint } of ignoredCauses(marks, now)) {
    const count = await deadLetters.count({ places: [{ type, stage }], fingerprint });
    ignored.set(stage, (ignored.get(stage) ?? 0) + count);
  }
  return { ignored, regressions: marks.filter((mark) => groupState(mark, undefined, now) === 'regression').length };
}
