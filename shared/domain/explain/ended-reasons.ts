import type { JobRecord } from '../job.ts';
import type { ExplainFacts } from './explain-facts.ts';
import type { ReasonRule, StageDuration } from './reason.ts';
import { errorText, maxAttemptsOf, moment, processName, span } from './wording.ts';

function since({ doneAt }: JobRecord): { readonly since?: Date } {
  return doneAt ? { since: doneAt } : {};
}

function at({ doneAt }: JobRecord): string {
  return doneAt ? ` at ${moment(doneAt)}` : '';
}

/** How long each committed stage of the run that counts was waited for and took. */
export function stageDurations({ record, type }: Pick<ExplainFacts, 'record' | 'type'>): readonly StageDuration[] {
  const { results, createdAt, runAt } = record;
  return results.map(({ stage, startedAt, at: doneAt, run }, index) => {
    const before = index === 0 ? (runAt && runAt > createdAt ? runAt : createdAt) : results[index - 1]!.at;
    // A replay lies between: when it was asked for stands in the log alone, and the wait would be wrong.
    const isSameRun = run === (index === 0 ? 0 : results[index - 1]!.run);
    return {
      stage: type.stages[stage]?.name ?? `p${stage + 1}`,
      ...(startedAt && isSameRun && { waitedMs: Math.max(startedAt.getTime() - before.getTime(), 0) }),
      ...(startedAt && { tookMs: Math.max(doneAt.getTime() - startedAt.getTime(), 0) }),
    };
  });
}

const EXPLICIT_RETRY = 'Nothing more, unless somebody asks for a retry.';

/** Why a job is over. */
export const ENDED_REASONS: readonly ReasonRule[] = [
  {
    code: 'completed',
    states: ['COMPLETED'],
    when: 'all its processes are done',
    explain: ({ record, type }) => {
      const stages = stageDurations({ record, type });
      const took = record.doneAt ? `, ${span(record.doneAt.getTime() - record.createdAt.getTime())} after it was submitted` : '';
      return {
        message: `The job completed${at(record)}${took}.`,
        ...since(record),
        next: record.expireAt ? `Nothing more; it is removed with its files after ${moment(record.expireAt)}.` : 'Nothing more.',
        evidence: { stages },
      };
    },
  },
  {
    code: 'failed',
    states: ['FAILED'],
    when: 'no attempt is left, none can help, or three workers died with it',
    explain: (facts) => {
      const { record, isRetryAvailable } = facts;
      const { err, attempt, crashes, stage } = record;
      const maxAttempts = maxAttemptsOf(facts);
      const why = err ? `: ${errorText(err)}` : '';
      return {
        message: `${processName(stage)} failed${at(record)} in attempt ${attempt}${why}.`,
        ...since(record),
        evidence: {
          attempt,
          ...(maxAttempts !== undefined && { maxAttempts }),
          crashes,
          ...(err && { errorCode: err.code, errorClass: err.errorClass, errorMessage: err.message }),
          ...(isRetryAvailable !== undefined && { retryAvailable: isRetryAvailable }),
        },
      };
    },
  },
  {
    code: 'retry_available',
    states: ['FAILED'],
    when: 'POST .../retry can help',
    explain: ({ isRetryAvailable, record }) =>
      isRetryAvailable
        ? {
            message: `It can be run again, from ${processName(record.stage)}: its input is stored, and the input is not what was wrong.`,
            next: 'It stays failed until a retry is asked for, or an automatic re-run takes it up.',
          }
        : undefined,
  },
  {
    code: 'retry_unavailable',
    states: ['FAILED'],
    when: 'its input was at fault, or is not stored any more',
    explain: ({ isRetryAvailable, record }) => {
      if (isRetryAvailable !== false) return undefined;
      const isRejected = record.err?.errorClass === 'reject';
      return {
        message: isRejected
          ? 'It cannot be run again: its input is what was wrong, and another run would fail alike.'
          : 'It cannot be run again: its input is not stored any more.',
        next: isRejected ? 'Submit a corrected job.' : 'Submit it anew.',
      };
    },
  },
  {
    code: 'canceled',
    states: ['CANCELED'],
    when: 'somebody canceled it',
    explain: ({ record }) => ({ message: `The job was canceled${at(record)}.`, ...since(record), next: EXPLICIT_RETRY }),
  },
  {
    code: 'expired',
    states: ['EXPIRED'],
    when: 'its deadline_at had passed before it ended',
    explain: ({ record }) => ({
      message: `The job expired${at(record)}: it had not ended by its deadline${record.deadlineAt ? ` of ${moment(record.deadlineAt)}` : ''}.`,
      ...since(record),
      next: EXPLICIT_RETRY,
    }),
  },
];
