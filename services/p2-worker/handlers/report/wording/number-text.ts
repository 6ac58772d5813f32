const PLAIN_NUMBER = /^(-?)(\d+)(\.\d+)?$/;
const STAT_DIGITS = 5;
const LARGEST_PLAIN_EXPONENT = 15;
const SMALLEST_PLAIN_EXPONENT = -5;

/** Shown where there is no value. */
export const NO_VALUE = '–';

function grouped(digits: string): string {
  return digits.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Puts thousands separators into a decimal numeral, exactly; other texts come back as they are. */
export function groupDigits(numeral: string): string {
  const parts = PLAIN_NUMBER.exec(numeral);
  if (!parts) return numeral;
  const [, sign = '', digits = '', fraction = ''] = parts;
  return `${sign}${grouped(digits)}${fraction}`;
}

/** A count of things: an exact integer with thousands separators. */
export function countText(count: number): string {
  return groupDigits(String(count));
}

/** `1 row`, `2 rows`, `1,000 rows`. */
export function countOf(count: number, thing: string, things = `${thing}s`): string {
  return `${countText(count)} ${count === 1 ? thing : things}`;
}

function withoutTrailingZeros(numeral: string): string {
  return numeral.includes('.') ? numeral.replace(/\.?0+$/, '') : numeral;
}

/** Power of ten of the leading digit; 0 for 0. */
export function magnitudeOf(value: number): number {
  return value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
}

function exponential(value: number, digits: number): string {
  const [mantissa = '', exponent = ''] = value.toExponential(digits - 1).split('e');
  return `${withoutTrailingZeros(mantissa)}e${exponent.replace('+', '')}`;
}

/** A measured number in at most `digits` significant digits; digits before the decimal point are never rounded away. */
export function statText(value: number, digits = STAT_DIGITS, isGrouped = true): string {
  if (!Number.isFinite(value)) return NO_VALUE;
  const magnitude = magnitudeOf(value);
  if (magnitude >= LARGEST_PLAIN_EXPONENT || magnitude < SMALLEST_PLAIN_EXPONENT) return exponential(value, digits);
  const rounded = withoutTrailingZeros(value.toFixed(Math.max(0, digits - 1 - magnitude)));
  const shown = rounded === '-0' ? '0' : rounded;
  return isGrouped ? groupDigits(shown) : shown;
}

/** A share in percent with one decimal; never `0%` for something and never `100%` for less than all. */
export function percentText(part: number, whole: number): string {
  if (whole === 0) return NO_VALUE;
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.05) return '<0.1%';
  if (percent < 100 && percent >= 99.95) return '>99.9%';
  return `${withoutTrailingZeros(percent.toFixed(1))}%`;
}

const BYTE_UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** A size in powers of 1,000. */
export function bytesText(bytes: number): string {
  const step = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(magnitudeOf(bytes) / 3)));
  return `${statText(bytes / 1_000 ** step, 3)} ${BYTE_UNITS[step]}`;
}
