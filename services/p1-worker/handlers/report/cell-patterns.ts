/**
 * How numbers are written, as patterns that mean the same to the database (RE2) and to JavaScript. A leading zero makes an
 * identifier (`007`, zip codes), not a number.
 */
export const INTEGER = '\\s*[+-]?(?:0|[1-9][0-9]*)\\s*';
export const DECIMAL = '\\s*[+-]?(?:(?:0|[1-9][0-9]*)(?:\\.[0-9]*)?|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?\\s*';
/** Decimal comma, dots between thousands: `1.234,5`. */
export const COMMA_DECIMAL = '\\s*[+-]?(?:0|[1-9][0-9]{0,2}(?:\\.[0-9]{3})+|[1-9][0-9]*)(?:,[0-9]+)?\\s*';
export const BOOLEAN = '\\s*(?:[Tt]rue|[Ff]alse|TRUE|FALSE)\\s*';

/** What stands for a missing value in columns that otherwise hold numbers, dates, times or booleans; in texts it is text. */
export const MISSING_MARKS: readonly string[] = [
  '',
  'na',
  'n/a',
  '#n/a',
  'n.a.',
  'nan',
  '-nan',
  'null',
  'none',
  'nil',
  '-',
  '--',
  '.',
  '?',
  '\\n',
  'inf',
  '+inf',
  '-inf',
  'infinity',
  '-infinity',
  '#value!',
  '#div/0!',
  '#num!',
  '#ref!',
  'missing',
];

const MARKS = new Set(MISSING_MARKS);
export const isMissingMark = (text: string) => MARKS.has(text.trim().toLowerCase());

/** The pattern for the whole of a cell. */
export const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);

/** SQL: the text expression matches the whole pattern. */
export const matches = (sql: string, pattern: string) => `regexp_full_match(${sql}, '${pattern}')`;

/** SQL: the text expression stands for a missing value. */
export const marksMissing = (sql: string) => `lower(trim(${sql})) IN (${MISSING_MARKS.map((mark) => `'${mark}'`).join(', ')})`;
