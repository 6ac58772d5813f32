const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;

/** A weekly window as the oracle is told of it. */
export interface OracleWindow {
  readonly timeZone: string;
  /** 1 is Monday, 7 Sunday. */
  readonly weekdays: readonly number[];
  readonly fromMinute: number;
  readonly lastsMinutes: number;
}

/** Wall times of a zone by the minute, by Intl alone, as text: `2027-03-28 03:00`. */
class Wall {
  readonly #format: Intl.DateTimeFormat;
  readonly #known = new Map<number, number>();

  constructor(timeZone: string) {
    const fields = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
    this.#format = new Intl.DateTimeFormat('sv-SE', { timeZone, ...fields });
  }

  /** The reading at a minute, as the ms that UTC would have at it. */
  at(minute: number): number {
    const known = this.#known.get(minute);
    if (known !== undefined) return known;
    const reading = Date.parse(`${this.#format.format(minute * MINUTE_MS).replace(' ', 'T')}:00Z`);
    this.#known.set(minute, reading);
    return reading;
  }
}

const walls = new Map<string, Wall>();

function wallOf(timeZone: string): Wall {
  const wall = walls.get(timeZone) ?? new Wall(timeZone);
  walls.set(timeZone, wall);
  return wall;
}

/** Minutes around a wall time that can show it in any zone. */
function around(readingMs: number): readonly number[] {
  const first = Math.floor((readingMs - 16 * 3_600_000) / MINUTE_MS);
  return Array.from({ length: 32 * 60 }, (_, index) => first + index);
}

/**
 * The occurrence of a window that begins on a day of its zone, by definition and by looking at every minute: from the first one at
 * which the clocks show its beginning or later, to the one after the last at which they show a time before its end.
 * @param day days since 1970. @returns undefined where there is none.
 */
export function oracleOccurrence(window: OracleWindow, day: number): { readonly from: Date; readonly until: Date } | undefined {
  const weekday = new Date(day * DAY_MS).getUTCDay() || 7;
  if (!window.weekdays.includes(weekday)) return undefined;
  const wall = wallOf(window.timeZone);
  const begins = day * DAY_MS + window.fromMinute * MINUTE_MS;
  const ends = begins + window.lastsMinutes * MINUTE_MS;
  const from = around(begins).find((minute) => wall.at(minute) >= begins)!;
  const until = around(ends).findLast((minute) => wall.at(minute) < ends)! + 1;
  return until > from ? { from: new Date(from * MINUTE_MS), until: new Date(until * MINUTE_MS) } : undefined;
}

/** Whether an instant lies in a window. */
export function oracleIsOpen(window: OracleWindow, instant: Date): boolean {
  const today = Math.floor(wallOf(window.timeZone).at(Math.floor(instant.getTime() / MINUTE_MS)) / DAY_MS);
  return [-2, -1, 0, 1].some((offset) => {
    const occurrence = oracleOccurrence(window, today + offset);
    return occurrence !== undefined && occurrence.from <= instant && instant < occurrence.until;
  });
}
