import { z } from 'zod';

/** A whole number in a query, written with digits alone. */
export function wholeParameter(least: number, most: number) {
  const allowed = `must be a whole number from ${least} to ${most}`;
  const isIn = (value: number): boolean => value >= least && value <= most;
  return z.string().regex(/^\d+$/, allowed).transform(Number).refine(isIn, allowed);
}
