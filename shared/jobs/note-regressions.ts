import { groupIdOf } from '../domain/dead-letters/letter-group.ts';
import type { DeadLetters } from '../ports/dead-letters.ts';
import type { LetterGroups } from '../ports/letter-groups.ts';
import type { Logger } from '../ports/logger.ts';

export interface RegressionDeps {
  readonly letterGroups: LetterGroups;
  readonly deadLetters: Pick<DeadLetters, 'groups'>;
  readonly logger: Logger;
}

/**
 * Notes each resolved group that has failed again since, so that it stays known when its letters are replayed.
 * @returns groups that were noted.
 */
export async function noteRegressions({ letterGroups, deadLetters, logger }: RegressionDeps): Promise<number> {
  let noted = 0;
  for (const mark of await letterGroups.all()) {
    if (mark.state !== 'resolved' || mark.regressedAt || !mark.resolvedAt) continue;
    const { type, stage, fingerprint, resolvedAt } = mark;
    // Of whole ms: what failed in the ms of the resolution was there before it.
    const since = { places: [{ type, stage }], fingerprint, failedFrom: new Date(resolvedAt.getTime() + 1) };
    const [again] = await deadLetters.groups(since, 1);
    if (!again || !(await letterGroups.regressed(mark, again.firstAt))) continue;
    noted += 1;
    logger.warn({ group: groupIdOf(mark), resolved_at: resolvedAt, failed_at: again.firstAt }, 'a resolved group failed again');
  }
  return noted;
}
