/** Transitions are looked for between instants so far apart; no zone changes there and back within it. */
const WINDOW_MS = 7 * 86_400_000;
const IANA_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+){0,2}$/;

/** A moment at which the clocks of a zone change. */
export interface Transition {
  /** The first instant with the new offset. */
  readonly atMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
}

/** Whether it is the IANA name of a time zone that this process knows. */
export function isTimeZone(name: string): boolean {
  if (!IANA_NAME.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    // Intl has no other way to ask.
    return false;
  }
}

/** What the clocks of one time zone show. A wall time is written as the ms that UTC would have at that reading. */
export class ZoneClock {
  readonly #format: Intl.DateTimeFormat | undefined;

  /** @throws RangeError for a zone that there is not. */
  constructor(timeZone: string) {
    const isUtc = timeZone === 'UTC' || timeZone === 'Etc/UTC';
    this.#format = isUtc ? undefined : new Intl.DateTimeFormat('en-US', { ...FIELDS, timeZone });
  }

  /** Wall time minus UTC, in ms. */
  offsetMs(instantMs: number): number {
    if (!this.#format) return 0;
    const second = Math.floor(instantMs / 1_000) * 1_000;
    // e.g. 03/28/2027, 03:00:00
    const [month, day, year, hour, minute, secondOfMinute] = this.#format.format(second).match(/\d+/g)!.map(Number);
    return Date.UTC(year!, month! - 1, day!, hour!, minute!, secondOfMinute!) - second;
  }

  /** The first change of the clocks in (afterMs, untilMs]. */
  nextTransition(afterMs: number, untilMs: number): Transition | undefined {
    if (!this.#format) return undefined;
    let lowMs = afterMs;
    let low = this.offsetMs(lowMs);
    while (lowMs < untilMs) {
      const highMs = Math.min(lowMs + WINDOW_MS, untilMs);
      const high = this.offsetMs(highMs);
      if (high !== low) return this.#narrow(lowMs, highMs);
      lowMs = highMs;
      low = high;
    }
    return undefined;
  }

  #narrow(fromMs: number, toMs: number): Transition {
    const beforeMs = this.offsetMs(fromMs);
    let low = Math.floor(fromMs / 1_000);
    let high = Math.ceil(toMs / 1_000);
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (this.offsetMs(middle * 1_000) === beforeMs) low = middle;
      else high = middle;
    }
    return { atMs: high * 1_000, beforeMs, afterMs: this.offsetMs(high * 1_000) };
  }

  /** `2027-03-28T03:00:00+02:00`. */
  localText(instantMs: number): string {
    const offset = this.offsetMs(instantMs);
    const wall = new Date(instantMs + offset).toISOString().slice(0, 19);
    const minutes = Math.round(Math.abs(offset) / 60_000);
    const two = (value: number) => String(value).padStart(2, '0');
    return `${wall}${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  }
}

const FIELDS = {
  calendar: 'gregory',
  numberingSystem: 'latn',
  hourCycle: 'h23',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
} as const;
