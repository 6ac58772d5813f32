import type { PauseSelector } from '../control/pause.ts';
import type { ReasonRule } from './reason.ts';
import { moment, processName } from './wording.ts';

/** What is paused, as the subject of a sentence. */
function subjectOf({ stage, type, tenant }: PauseSelector, position: number): string {
  const jobs = [type === undefined ? '' : ` of type ${type}`, tenant === undefined ? '' : ` of tenant ${tenant}`].join('');
  const where = stage === undefined ? '' : processName(position);
  if (jobs === '') return where === '' ? 'All work is' : `${where} is`;
  return where === '' ? `Work for jobs${jobs} is` : `${where} for jobs${jobs} is`;
}

/** An operator holds it back: said before all else. */
export const PAUSED: ReasonRule = {
  code: 'paused',
  states: ['QUEUED'],
  when: 'an operator has paused its stage, its type, its tenant or everything (docs/operations.md)',
  explain: ({ pause, record, type }) => {
    if (!pause) return undefined;
    const { selector, until, by, reason, from, createdAt, id } = pause;
    const end = until ? `until ${moment(until)}` : 'until an operator resumes it';
    return {
      message: `${subjectOf(selector, record.stage)} paused ${end}, by ${by}, because: ${reason.replace(/\.\s*$/, '')}.`,
      since: from ?? createdAt,
      ...(until && { until }),
      next: until
        ? 'It goes on by itself then; nothing is lost meanwhile.'
        : 'It goes on when the pause is ended; nothing is lost meanwhile.',
      evidence: { stage: type.stages[record.stage]!.name, lane: record.lane, pauseId: id, pausedBy: by, pauseReason: reason },
    };
  },
};
