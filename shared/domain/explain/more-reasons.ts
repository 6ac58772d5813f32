import { ACTIVE_STATES, JOB_STATES } from '../job.ts';
import { MAX_CRASHES } from '../transitions.ts';
import type { ReasonRule } from './reason.ts';
import { moment, span } from './wording.ts';

/** What is true beside the main reason: never the summary of a job. */
export const MORE_REASONS: readonly ReasonRule[] = [
  {
    code: 'suspect',
    states: ACTIVE_STATES,
    when: 'workers died while they held it: it runs by itself, in a process of its own',
    explain: ({ record: { crashes } }) =>
      crashes === 0
        ? undefined
        : {
            message: `A worker has died ${crashes === 1 ? 'once' : `${crashes} times`} while it held the job at this stage: it is worked by itself, and given up at ${MAX_CRASHES}.`,
            evidence: { crashes },
          },
  },
  {
    code: 'deadline',
    states: ACTIVE_STATES,
    when: 'it has a deadline_at',
    explain: ({ record: { deadlineAt }, now }) => {
      if (!deadlineAt) return undefined;
      const leftMs = deadlineAt.getTime() - now.getTime();
      const message =
        leftMs > 0
          ? `It expires at ${moment(deadlineAt)}, in ${span(leftMs)}, unless it has ended by then.`
          : `Its deadline passed at ${moment(deadlineAt)}: a scheduler is about to end it.`;
      return { message, until: deadlineAt };
    },
  },
  {
    code: 'run_again',
    states: JOB_STATES,
    when: 'it was replayed',
    explain: ({ record: { run, log } }) => {
      if (run === 0) return undefined;
      const replayed = log.findLast(({ event }) => event === 'replayed');
      return {
        message: `It was run again ${run === 1 ? 'once' : `${run} times`}${replayed?.message === undefined ? '' : `, the last time: ${replayed.message}`}.`,
        ...(replayed && { since: replayed.at }),
        evidence: { run },
      };
    },
  },
];
