import type { Effect } from '../support/effect-log.ts';

interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * Most handlers that were at work at the same time. One that never noted its end worked until its process died.
 * @param diedAtMs process id → when it was killed.
 */
export function mostAtOnce(effects: readonly Effect[], diedAtMs: ReadonlyMap<number, number>): number {
  const spans = spansOf(effects, diedAtMs);
  // Two that meet in the same millisecond did not overlap as far as the notes can tell.
  const at = (span: Span): number => spans.filter(({ from, to }) => from <= span.from && span.from < to).length;
  return spans.reduce((most, span) => Math.max(most, at(span)), 0);
}

function spansOf(effects: readonly Effect[], diedAtMs: ReadonlyMap<number, number>): readonly Span[] {
  const keyOf = ({ jobId, stage, attempt, pid }: Effect): string => `${jobId} ${stage} ${attempt} ${pid}`;
  const ended = effects.filter(({ what }) => what === 'ended');
  const endOf = (start: Effect): number => {
    const own = ended.find((one) => keyOf(one) === keyOf(start) && one.atMs >= start.atMs);
    return own?.atMs ?? diedAtMs.get(start.pid) ?? Number.POSITIVE_INFINITY;
  };
  return effects.filter(({ what }) => what === 'started').map((start) => ({ from: start.atMs, to: endOf(start) }));
}
