import { groupBy } from '../../../shared/domain/group-by.ts';
import { median, percentile } from '../report/statistics.ts';
import type { Answer } from './answers.ts';

/** What became of those who came back when they were told to. */
export interface ReturnFigures {
  /** Came back for the first time, in this period. */
  readonly came: number;
  readonly accepted: number;
  /** Of those who came, those who were accepted at once. NaN for none. */
  readonly share: number;
}

/** How Retry-After compares with the wait of a client that does as it is told until it is accepted. */
export interface WaitFigures {
  readonly toldP50S: number;
  readonly toldMaxS: number;
  /** From the first refusal until accepted, over what was told at first: 1 is exact. */
  readonly overToldP50: number;
  readonly overToldP95: number;
  /** Never accepted, though they came six times. */
  readonly gaveUp: number;
}

const isAccepted = ({ reading }: Answer) => reading.kind === 'accepted';

/** First returns that were due in a period. */
export function firstReturns(answers: readonly Answer[], fromMs: number, toMs: number): ReturnFigures {
  const came = answers.filter(({ visit, dueMs }) => visit === 2 && dueMs >= fromMs && dueMs < toMs);
  const accepted = came.filter(isAccepted).length;
  return { came: came.length, accepted, share: accepted / came.length };
}

/** Told and real waits of all who were refused at first. */
export function waits(answers: readonly Answer[]): WaitFigures {
  const byJob = groupBy(answers, ({ n }) => n);
  const told: number[] = [];
  const overTold: number[] = [];
  let gaveUp = 0;
  for (const visits of byJob.values()) {
    const [first, last] = [visits.find(({ visit }) => visit === 1), visits.find(isAccepted)];
    if (first?.reading.kind !== 'refused') continue;
    told.push(first.reading.retryAfterS);
    const refusedMs = first.dueMs + first.tookMs;
    if (last) overTold.push((last.dueMs - refusedMs) / (first.reading.retryAfterS * 1_000));
    else gaveUp += 1;
  }
  return {
    toldP50S: median(told),
    toldMaxS: Math.max(...told, 0),
    overToldP50: median(overTold),
    overToldP95: percentile(overTold, 0.95),
    gaveUp,
  };
}
