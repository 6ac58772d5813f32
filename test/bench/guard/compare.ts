import { type Spread, spreadOf } from '../report/statistics.ts';
import { COMPARISONS, type Comparison, comparisonName, type RoundFigures } from './comparisons.ts';

/** How much worse than the baseline a ratio may be before it is warned of, and before the command fails. */
export const WARN_ABOVE = 0.2;
export const FAIL_ABOVE = 0.4;
/** A round counts while others take at most this much of all processors: beyond it ratios are those of the disturbance (measured). */
export const MOST_DISTURBANCE = 0.25;
/** With fewer rounds that count, a median says nothing. */
export const LEAST_ROUNDS = 3;

/** What one contender did in one round of a scenario. */
export interface Sample {
  readonly contender: string;
  readonly scenario: Comparison['scenario'];
  readonly round: number;
  readonly figures: RoundFigures;
}

/** Everything that was measured, and why a contender is missing or out. */
export interface GuardMeasurement {
  readonly samples: readonly Sample[];
  /** Contender → reason. */
  readonly problems: Readonly<Record<string, string>>;
}

/** Ratios by name, as the baseline keeps them. */
export type Ratios = Readonly<Record<string, number>>;

/** A comparison with what it was and how it came out. `new`: the baseline has none. `missing`: not measured. */
export interface GuardRow {
  readonly name: string;
  readonly verdict: 'ok' | 'warning' | 'failed' | 'new' | 'missing';
  /** Of each round, ours to its rival's. */
  readonly ratio?: Spread;
  readonly baseline?: number;
  /** 0.25: a quarter worse than the baseline; negative: better. */
  readonly worse?: number;
  readonly reason?: string;
}

/** Ours by the rival's of the same round, of all rounds in which neither was disturbed. */
export function ratiosOf({ samples }: GuardMeasurement, { scenario, metric, ours, rival }: Comparison): readonly number[] {
  const figureOf = (contender: string, round: number) => {
    const one = samples.find((sample) => sample.contender === contender && sample.scenario === scenario && sample.round === round);
    return one && one.figures.disturbance <= MOST_DISTURBANCE ? one.figures[metric] : undefined;
  };
  const rounds = [...new Set(samples.map(({ round }) => round))];
  return rounds.flatMap((round) => {
    const [mine, theirs] = [figureOf(ours, round), figureOf(rival, round)];
    return mine === undefined || theirs === undefined || theirs === 0 ? [] : [mine / theirs];
  });
}

/** How much worse `now` is, as a share of the baseline: of rates what is missing, of times what they are longer. */
export function worseBy(metric: Comparison['metric'], now: number, baseline: number): number {
  return metric === 'jobsPerSecond' ? 1 - now / baseline : now / baseline - 1;
}

function verdictOf(worse: number): 'ok' | 'warning' | 'failed' {
  if (worse > FAIL_ABOVE) return 'failed';
  return worse > WARN_ABOVE ? 'warning' : 'ok';
}

function rowOf(measured: GuardMeasurement, comparison: Comparison, baseline: Ratios): GuardRow {
  const name = comparisonName(comparison);
  const { ours, rival, metric } = comparison;
  const { problems } = measured;
  // Ours that cannot run, or loses a job, has no excuse; a rival may be one that cannot be installed here.
  if (problems[ours] !== undefined) return { name, verdict: 'failed', reason: `${ours}: ${problems[ours]}` };
  if (problems[rival] !== undefined) return { name, verdict: 'missing', reason: `${rival}: ${problems[rival]}` };
  const ratio = spreadOf(ratiosOf(measured, comparison));
  const was = baseline[name];
  if (!ratio || ratio.count < LEAST_ROUNDS) {
    const reason = `others kept the processors busy; ${ratio?.count ?? 0} rounds count, ${LEAST_ROUNDS} are needed`;
    return { name, verdict: 'missing', reason, ...(was !== undefined && { baseline: was }) };
  }
  if (was === undefined) return { name, verdict: 'new', ratio };
  const worse = worseBy(metric, ratio.median, was);
  return { name, verdict: verdictOf(worse), ratio, baseline: was, worse };
}

/** Holds all ratios against the baseline. */
export function compareAll(measured: GuardMeasurement, baseline: Ratios): readonly GuardRow[] {
  return COMPARISONS.map((comparison) => rowOf(measured, comparison, baseline));
}
