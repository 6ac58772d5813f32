import type { OffPeakTerms } from '../job.ts';

/** What a submission says: that it waits for a window, by name or any for its type, or that it waits for none. */
export type OffPeakChoice = Pick<OffPeakTerms, 'window'> | false;

/** The choice of a request's `off_peak`; absent: its type's. */
export function offPeakChoice(asked: boolean | string | undefined): { readonly offPeak?: OffPeakChoice } {
  if (asked === undefined) return {};
  return { offPeak: asked === false ? false : asked === true ? {} : { window: asked } };
}
