import { countText } from '../wording/number-text.ts';

const STEPS = [1, 2, 2.5, 5, 10];

/** Round values from `low` to `high`, both possibly outside the list, about `wanted` of them. */
export function niceTicks(low: number, high: number, wanted: number): readonly number[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / wanted));
  const factor = STEPS.find((step) => step * power * wanted >= span * 0.999) ?? 10;
  const step = factor * power;
  const first = Math.ceil(low / step - 1e-9);
  // Beyond 2^53 a count of steps no longer grows by 1, and below 1e-320 there is no step: then the ends are all there is.
  if (!(step > 0) || !Number.isSafeInteger(first) || !Number.isSafeInteger(Math.ceil(high / step))) return [low, high];
  const ticks: number[] = [];
  for (let n = first; n * step <= high + step * 1e-9; n += 1) ticks.push(Number((n * step).toPrecision(12)));
  return ticks;
}

/** Whole-numbered ticks from 0 for counts, the last not below `highest`. */
export function countTicks(highest: number, wanted: number): readonly number[] {
  const steps = niceTicks(0, Math.max(1, highest), wanted).filter(Number.isInteger);
  const step = Math.max(1, (steps[1] ?? 1) - (steps[0] ?? 0));
  const ticks = [0];
  while (ticks.at(-1)! < highest) ticks.push(ticks.at(-1)! + step);
  return ticks;
}

const SHORT_UNITS: readonly (readonly [number, string])[] = [
  [1e12, 'T'],
  [1e9, 'bn'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** A tick's number in little room: `1.5M`, `20k`, `0.25`. Years and other numbers below 10,000 stay as they are. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 1e-4)) return value.toExponential(1).replace('e+', 'e').replace('.0e', 'e');
  const unit = size >= 1e4 ? SHORT_UNITS.find(([from]) => size >= from) : undefined;
  return unit ? `${Number((value / unit[0]).toPrecision(4))}${unit[1]}` : String(Number(value.toPrecision(6)));
}

/** A tick on an axis of counts. */
export function countTickText(value: number): string {
  return value < 1e4 ? countText(value) : tickText(value);
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365.25 * DAY_MS;
const YEAR_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];
const MONTH_STEPS = [1, 2, 3, 6];
const MOST_TIME_TICKS = 6;

/** A place on an axis with its label. */
export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** A moment on an axis that spans `spanMs`: year, month, day or minute, as fine as the span asks for. */
export function timeTickText(at: number, spanMs: number): string {
  const iso = new Date(at).toISOString();
  const year = iso.indexOf('-', 1);
  if (spanMs > 4 * YEAR_MS) return iso.slice(0, year);
  if (spanMs > 120 * DAY_MS) return iso.slice(0, year + 3);
  return spanMs > 3 * DAY_MS ? iso.slice(0, year + 6) : iso.slice(year + 1, iso.indexOf(':') + 3).replace('T', ' ');
}

/** First moments of months, every `step` of them from January on, within the span. */
function monthTicks(low: number, high: number, step: number): readonly number[] {
  const first = new Date(low);
  const ticks: number[] = [];
  for (let month = Math.floor(first.getUTCMonth() / step) * step; ; month += step) {
    const at = Date.UTC(first.getUTCFullYear(), month);
    if (!(at <= high)) return ticks;
    if (at >= low) ticks.push(at);
  }
}

/** Calendar ticks between two moments, at most about six: round years, months or days, or even parts of short spans. */
export function timeTicks(low: number, high: number): readonly Tick[] {
  const span = high - low;
  const named = (moments: readonly number[]) => moments.map((at) => ({ at, label: timeTickText(at, span) }));
  const years = YEAR_STEPS.find((step) => span / YEAR_MS / step <= MOST_TIME_TICKS) ?? 1_000;
  if (span > 4 * YEAR_MS) {
    const first = Math.ceil(new Date(low - 1).getUTCFullYear() / years) * years;
    const count = Math.floor((new Date(high).getUTCFullYear() - first) / years) + 1;
    return named(
      Array.from({ length: Math.max(0, count) }, (_, index) => Date.UTC(first + index * years, 0)).filter((at) => at >= low && at <= high),
    );
  }
  const months = MONTH_STEPS.find((step) => span / (YEAR_MS / 12) / step <= MOST_TIME_TICKS) ?? 12;
  if (span > 120 * DAY_MS) return named(monthTicks(low, high, months));
  const step = span > 3 * DAY_MS ? Math.ceil(span / DAY_MS / MOST_TIME_TICKS) * DAY_MS : span / 4;
  const start = span > 3 * DAY_MS ? Math.ceil(low / DAY_MS) * DAY_MS : low;
  return named(Array.from({ length: Math.floor((high - start) / step) + 1 }, (_, index) => start + index * step));
}
