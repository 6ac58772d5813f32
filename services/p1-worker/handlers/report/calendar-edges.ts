const MAX_BINS = 20;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Lengths of a bin in months; up to millennia. */
const MONTHS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1_200, 2_400, 6_000, 12_000];
const FIXED = [
  1,
  10,
  100,
  SECOND,
  5 * SECOND,
  15 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
];
/** 1970-01-05 was a Monday: weeks begin on Mondays. */
const MONDAY = 4 * DAY;
const YEAR_1 = new Date('0001-01-01T00:00:00Z').getTime();
const YEAR_9000 = Date.UTC(9_000, 0, 1);

/**
 * Bounds of at most 20 bins over a range of milliseconds since 1970, at round times in UTC, as ISO 8601 text (`2024-01-31`, or `2024-01-31T12:00:00`);
 * undefined outside the years 1 to 8999.
 */
export function calendarEdges(from: number, to: number, isDate: boolean): string[] | undefined {
  if (!(from >= YEAR_1 && to < YEAR_9000)) return undefined;
  if (from === to) return [text(from, isDate), text(to, isDate)];
  const fixed = FIXED.filter((step) => !isDate || step >= DAY);
  const step = fixed.find((one) => (to - from) / one < MAX_BINS && fixedEdges(from, to, one).length <= MAX_BINS + 1);
  if (step !== undefined) return fixedEdges(from, to, step).map((time) => text(time, isDate));
  const months = MONTHS.find((one) => monthEdges(from, to, one).length <= MAX_BINS + 1);
  return months === undefined ? undefined : monthEdges(from, to, months).map((time) => text(time, isDate));
}

function fixedEdges(from: number, to: number, step: number): number[] {
  const origin = step >= 7 * DAY ? MONDAY : 0;
  const edges = [origin + Math.floor((from - origin) / step) * step];
  do edges.push(edges.at(-1)! + step);
  while (edges.at(-1)! <= to && edges.length <= MAX_BINS + 1);
  return edges;
}

function monthEdges(from: number, to: number, step: number): number[] {
  const start = new Date(from);
  const first = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / step) * step;
  const edges = [monthStart(first)];
  for (let month = first + step; edges.at(-1)! <= to && edges.length <= MAX_BINS + 1; month += step) edges.push(monthStart(month));
  return edges;
}

/** Start of a month counted from year 0; Date.UTC takes years below 100 for 19xx. */
function monthStart(month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(Math.floor(month / 12), month % 12, 1);
  return date.getTime();
}

function text(time: number, isDate: boolean): string {
  const iso = new Date(time).toISOString();
  if (isDate) return iso.slice(0, 10);
  return iso.endsWith('.000Z') ? iso.slice(0, 19) : iso.slice(0, -1);
}
