import { nextProbeAt } from '../control/breaker.ts';
import type { ReasonRule } from './reason.ts';
import { moment, processName, span } from './wording.ts';

/** The dependency that it needs is away: said right after pauses. */
export const BREAKER_OPEN: ReasonRule = {
  code: 'breaker_open',
  states: ['QUEUED'],
  when: 'the breaker of a host that it needs is open: the host failed, or an operator has opened it (docs/operations.md)',
  explain: ({ breaker, record, type, now }) => {
    if (!breaker) return undefined;
    const { id, since, reason, by, state } = breaker;
    const next = nextProbeAt(breaker);
    const probe =
      state === 'half_open'
        ? 'one job asks it now'
        : next
          ? `the next probe is at ${moment(next)}`
          : 'it stays open until an operator closes it';
    const why = reason.replace(/\.\s*$/, '');
    return {
      message: `${processName(record.stage)} needs ${id}, whose breaker is open for ${span(now.getTime() - since.getTime())}${by === undefined ? '' : `, by ${by}`}, because: ${why}; ${probe}.`,
      since,
      ...(next && { until: next }),
      next: 'It goes on by itself when the breaker is closed; no attempt is counted meanwhile.',
      evidence: {
        stage: type.stages[record.stage]!.name,
        dependency: id,
        breakerState: state,
        breakerReason: reason,
        ...(by !== undefined && { openedBy: by }),
      },
    };
  },
};
