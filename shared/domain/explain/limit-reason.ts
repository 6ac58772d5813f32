import { queuedSince } from '../cluster-sample.ts';
import { isRateReached } from '../control/limit.ts';
import type { ReasonRule } from './reason.ts';
import { moment } from './wording.ts';

/** All places of one of its limits are taken. */
export const LIMIT_REACHED: ReasonRule = {
  code: 'limit_reached',
  states: ['QUEUED'],
  when: 'as many jobs of its concurrency key or its tenant run as may run at once (docs/operations.md)',
  explain: ({ record, type, now }) => {
    const limit = record.pub?.for;
    // Once it is called its doorbell is owed soon, or rung.
    if (limit === undefined || !record.pub?.due || record.pub.due.getTime() - now.getTime() <= CALLED_MS) return undefined;
    const [kind] = limit.split(':');
    const whose =
      kind === 'key' && record.concurrency ? `with the concurrency key ${record.concurrency.key}` : `of tenant ${record.tenant}`;
    return {
      message: `The job waits its turn: as many jobs ${whose} run as may run at once.`,
      since: queuedSince(record, now),
      next: 'It is called when one of them has ended, after those that were submitted before it.',
      evidence: { stage: type.stages[record.stage]!.name, lane: record.lane },
    };
  },
};

/** A job that is owed sooner than this has been called. */
const CALLED_MS = 31_000;

/** As many of its tenant or key as may start in a second have started. */
export const RATE_REACHED: ReasonRule = {
  code: 'rate_reached',
  states: ['QUEUED'],
  when: 'as many jobs of its concurrency key or its tenant have started as may start in a second (docs/operations.md)',
  explain: ({ record, type, now }) => {
    const last = record.log.at(-1);
    const due = record.pub?.due;
    if (last?.event !== 'released' || !isRateReached(last.message) || !due || due <= now) return undefined;
    return {
      message: `The job waits its turn. ${last.message}`,
      since: last.at,
      until: due,
      next: `It is tried again at ${moment(due)}; no attempt is counted.`,
      evidence: { stage: type.stages[record.stage]!.name, lane: record.lane },
    };
  },
};
