import { occurrenceAt } from '../windows/calendar-window.ts';
import { slowingOf } from '../windows/slowing.ts';
import type { ReasonRule } from './reason.ts';
import { moment, processName } from './wording.ts';

/** Its stage starts fewer jobs than it could. */
export const SLOWED: ReasonRule = {
  code: 'slowed',
  states: ['QUEUED'],
  when: 'a window caps how many jobs of its stage start a second (docs/windows.md)',
  explain: ({ record, type, now, windows = [] }) => {
    const stage = type.stages[record.stage]!.name;
    const slowing = slowingOf(windows, stage, now);
    if (!slowing) return undefined;
    const { window, perSecond } = slowing;
    const { from, until } = occurrenceAt(window, now)!;
    const why = `by window ${window.name} of ${window.by}, because: ${window.reason.replace(/\.\s*$/, '')}`;
    return {
      message: `${processName(record.stage)} starts no more than ${perSecond} jobs a second until ${moment(until)}, ${why}.`,
      since: from,
      until,
      evidence: { stage, window: window.name },
    };
  },
};
