import { offPeakHold, startByOf, windowsFor } from '../off-peak/off-peak-hold.ts';
import { occurrenceAt } from '../windows/calendar-window.ts';
import type { ExplainFacts } from './explain-facts.ts';
import type { Reason, ReasonRule } from './reason.ts';
import { moment } from './wording.ts';

const NEXT = 'It is queued when it is released; nothing is lost meanwhile.';

/** Why an off-peak job does not start now; undefined where its window is open and it has been released. */
export function offPeakWait({ record, now, windows = [] }: Pick<ExplainFacts, 'record' | 'now' | 'windows'>): Reason | undefined {
  const due = record.pub?.due;
  const hold = offPeakHold(windows, record, now);
  const release = due && due > now ? `; it is released at ${moment(due)}` : '';
  const since = record.createdAt;
  if (hold) {
    const { window, opensAt, until } = hold;
    const opens = opensAt ? `, opens at ${moment(opensAt)}` : '';
    const name = window ? `off-peak window ${window.name}` : 'an off-peak window';
    const early = until && opensAt && until < opensAt ? `. Its deadline lets it start before that, at ${moment(until)}` : release;
    const evidence = { ...(window && { window: window.name }), ...(opensAt && { opensAt }) };
    return { message: `The job waits for ${name}${opens}${early}.`, since, ...(until && { until }), next: NEXT, evidence };
  }
  const startBy = startByOf(record);
  if (record.state !== 'SCHEDULED' || !due || due <= now || (startBy && startBy <= now)) return undefined;
  const open = windowsFor(windows, record).find((window) => occurrenceAt(window, now));
  if (!open) return undefined;
  const message = `The job waits for its turn in off-peak window ${open.name}${release}.`;
  return { message, since, until: due, next: NEXT, evidence: { window: open.name } };
}

/** It waits for its window: said before what its queue looks like. */
export const OFF_PEAK: ReasonRule = {
  code: 'off_peak',
  states: ['SCHEDULED', 'QUEUED'],
  when: 'it is off-peak, and waits for its window or its turn in it (docs/windows.md)',
  explain: (facts) => offPeakWait(facts),
};
