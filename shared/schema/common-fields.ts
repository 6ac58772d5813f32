import { z } from 'zod';
import { isTimeZone } from '../domain/schedule/zone-clock.ts';
import { MAX_TAGS, TAG } from '../domain/search/job-search.ts';

/** One line of text. @param most characters, from 1. */
export function plainLine(most: number) {
  return (
    z
      .string()
      .min(1)
      .max(most)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
      .regex(/^[^\x00-\x1f\x7f]+$/, 'must not contain control characters')
  );
}

/** In which zone a calendar is read. */
export const timeZone = z.string().max(100).refine(isTimeZone, 'must be the IANA name of a time zone, e.g. Europe/Berlin').default('UTC');

/** Tags of a job. @param own so many it has besides. */
export function tagsBeside(own: number) {
  return z
    .array(z.string().regex(TAG, 'must be 1 to 64 letters, digits and . _ : / -'))
    .min(1)
    .max(MAX_TAGS - own)
    .refine((all) => new Set(all).size === all.length, 'must not have a tag twice');
}
