const SHORTEST = 5;
const LONGEST = 6;
const MOST_CHARACTERS = 200;
const PART = /^(\*|[A-Za-z]{3}|\d{1,2})(-([A-Za-z]{3}|\d{1,2}))?(\/\d{1,2})?$/;

/** Where the hours stand, from the end: minute, hour, day of the month, month, day of the week. */
const HOURS_FROM_END = 4;

/** What is wrong with the form of a cron expression; undefined where nothing is. Ranges of numbers are the parser's to check. */
export function cronFormProblem(expression: string): string | undefined {
  if (expression.length > MOST_CHARACTERS) return `has ${expression.length} characters; at most ${MOST_CHARACTERS} are allowed`;
  const fields = expression.split(/\s+/);
  if (fields.length < SHORTEST || fields.length > LONGEST) {
    return `has ${fields.length} fields; 5 (minute, hour, day of month, month, day of week) or 6 (second first) are allowed`;
  }
  const odd = fields.flatMap((field) => field.split(',')).find((part) => !PART.test(part) && part !== 'L');
  if (odd !== undefined) return `has ${JSON.stringify(odd)}; a field is made of *, numbers, names, ranges a-b, steps /n, lists a,b and L`;
  const isLElsewhere = fields.some((field, index) => index !== fields.length - 3 && field.split(',').includes('L'));
  return isLElsewhere ? 'has L outside the day of the month' : undefined;
}

/** Whether the hours are named, so that a wall time ticks once a day whatever the clocks do; not so for `*` and `*` with a step. */
export function hoursAreFixed(expression: string): boolean {
  return !expression.split(/\s+/).at(-HOURS_FROM_END)!.startsWith('*');
}
