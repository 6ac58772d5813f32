import { quantile, type Spread } from './durations.ts';

/** Ratios kept a group, and outcomes kept in all. */
const WINDOW = 500;
/** Fewer ratios than this say nothing. */
const LEAST = 50;

/** What became of a prediction. */
export interface Settled {
  /** Predictions of one group are alike: of one type, in one phase. */
  readonly group: string;
  /** As predicted before it was scaled. */
  readonly predicted: Spread;
  /** As shown. */
  readonly shown: Spread;
  readonly actualMs: number;
  /** Whether later predictions are to be scaled by it; it counts as kept or missed in any case. */
  readonly isTeaching: boolean;
}

/** How well the predictions shown lately came true. */
export interface CalibrationFigures {
  /** Predictions whose job has ended, ever: by the p50 shown, after it by the p90, or later. */
  readonly ended: Readonly<Record<'by_p50' | 'by_p90' | 'later', number>>;
  /** Of the last 500, the share that ended within what was shown; undefined while there are none. */
  readonly withinP50?: number;
  readonly withinP90?: number;
  readonly groups: readonly { readonly group: string; readonly ratios: number; readonly scale: Scale }[];
}

interface Scale {
  readonly p50: number;
  readonly p90: number;
}

interface Ratios {
  readonly p50: number[];
  readonly p90: number[];
  scale: Scale | undefined;
}

const UNSCALED: Scale = { p50: 1, p90: 1 };

function keep<T>(list: T[], value: T): void {
  list.push(value);
  if (list.length > WINDOW) list.shift();
}

/** The conformal quantile: the rank is taken of one more than there are (Vovk et al., split conformal prediction). */
function conformal(ratios: readonly number[], share: number): number {
  const sorted = ratios.toSorted((a, b) => a - b);
  return quantile(sorted, Math.min((share * (sorted.length + 1)) / sorted.length, 1)) ?? 1;
}

/**
 * Scales predictions so that the shares come out right: p50 by the median of actual to predicted times, p90 by their 90 %
 * quantile, of the last 500 of a group, once there are 50.
 */
export class EtaCalibration {
  readonly #groups = new Map<string, Ratios>();
  readonly #within: { readonly p50: boolean; readonly p90: boolean }[] = [];
  readonly #ended = { by_p50: 0, by_p90: 0, later: 0 };

  scale(group: string, { p50Ms, p90Ms }: Spread): Spread {
    const { p50, p90 } = this.#scaleOf(group);
    const scaled = p50Ms * p50;
    return { p50Ms: scaled, p90Ms: Math.max(p90Ms * p90, scaled) };
  }

  note(settled: Settled): void {
    const { shown, actualMs } = settled;
    if (settled.isTeaching) this.#learn(settled);
    const [p50, p90] = [actualMs <= shown.p50Ms, actualMs <= shown.p90Ms];
    keep(this.#within, { p50, p90 });
    this.#ended[p50 ? 'by_p50' : p90 ? 'by_p90' : 'later'] += 1;
  }

  #learn({ group, predicted, actualMs }: Settled): void {
    const ratios = this.#groups.get(group) ?? { p50: [], p90: [], scale: undefined };
    this.#groups.set(group, ratios);
    keep(ratios.p50, actualMs / Math.max(predicted.p50Ms, 1));
    keep(ratios.p90, actualMs / Math.max(predicted.p90Ms, 1));
    ratios.scale = undefined;
  }

  get figures(): CalibrationFigures {
    const share = (of: 'p50' | 'p90') => this.#within.filter((one) => one[of]).length / this.#within.length;
    const groups = [...this.#groups].map(([group, { p50 }]) => ({ group, ratios: p50.length, scale: this.#scaleOf(group) }));
    return { ended: { ...this.#ended }, groups, ...(this.#within.length > 0 && { withinP50: share('p50'), withinP90: share('p90') }) };
  }

  #scaleOf(group: string): Scale {
    const ratios = this.#groups.get(group);
    if (!ratios || ratios.p50.length < LEAST) return UNSCALED;
    return (ratios.scale ??= { p50: conformal(ratios.p50, 0.5), p90: conformal(ratios.p90, 0.9) });
  }
}
