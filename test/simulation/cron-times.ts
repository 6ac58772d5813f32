/** Second, minute and hour fields of a cron line with six fields: `*`, a range or `*` with a step, or one number. */
export interface CronTimes {
  matches(secondOfDay: number): boolean;
}

/** Reads the forms that the product's schedule has. @throws Error for any other. */
export function cronTimes(line: string): CronTimes {
  const fields = line.split(' ');
  if (fields.length !== 6 || fields.slice(3).some((field) => field !== '*'))
    throw new Error(`Not a cron line that the simulation knows: ${line}`);
  const [second, minute, hour] = fields.slice(0, 3).map(fieldMatches) as [Matches, Matches, Matches];
  return {
    matches: (secondOfDay) =>
      second(secondOfDay % 60) && minute(Math.floor(secondOfDay / 60) % 60) && hour(Math.floor(secondOfDay / 3_600) % 24),
  };
}

type Matches = (value: number) => boolean;

function fieldMatches(field: string): Matches {
  if (field === '*') return () => true;
  const step = /^\*\/(\d+)$/.exec(field);
  if (step) return (value) => value % Number(step[1]) === 0;
  const range = /^(\d+)-(\d+)\/(\d+)$/.exec(field)?.slice(1).map(Number);
  if (range) {
    const [from, to, by] = range as [number, number, number];
    return (value) => value >= from && value <= to && (value - from) % by === 0;
  }
  if (/^\d+$/.test(field)) return (value) => value === Number(field);
  throw new Error(`Not a cron field that the simulation knows: ${field}`);
}
