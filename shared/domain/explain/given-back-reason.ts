import { isRateReached } from '../control/limit.ts';
import type { ReasonRule } from './reason.ts';
import { moment, processName } from './wording.ts';

/** A worker could not work it: of a version or a schema that it does not know. */
export const GIVEN_BACK: ReasonRule = {
  code: 'given_back',
  states: ['QUEUED'],
  when: 'the last worker that took it could not work it: its type, the version of its type or the schema of its record is not known there (docs/job-types.md)',
  explain: ({ record, type }) => {
    const last = record.log.at(-1);
    if (last?.event !== 'released' || last.message === undefined || isRateReached(last.message)) return undefined;
    return {
      message: `A worker gave the job back at ${moment(last.at)}: ${last.message}`,
      since: last.at,
      ...(record.pub?.due && { until: record.pub.due }),
      next: `It is offered again each 30 s, until a worker of ${processName(record.stage)} knows it; nothing is lost meanwhile.`,
      evidence: { ...(type.stages[record.stage] && { stage: type.stages[record.stage]!.name }), lane: record.lane },
    };
  },
};
