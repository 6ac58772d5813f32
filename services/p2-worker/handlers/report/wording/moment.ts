const ISO = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const HAS_ZONE = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/;

/** Milliseconds since 1970 of an ISO 8601 date or time, read as UTC where it names no zone; undefined for other texts. */
export function momentOf(text: string): number | undefined {
  if (!ISO.test(text)) return undefined;
  const isDate = text.length === 10;
  const moment = Date.parse(isDate || HAS_ZONE.test(text.slice(10)) ? text : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(moment) ? undefined : moment;
}
