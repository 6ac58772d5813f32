import { readFileSync, writeFileSync } from 'node:fs';
import type { Machine } from '../report/result.ts';
import { median } from '../report/statistics.ts';
import { type GuardMeasurement, LEAST_ROUNDS, type Ratios, ratiosOf } from './compare.ts';
import { COMPARISONS, comparisonName } from './comparisons.ts';

/** What of a machine may shift a ratio. */
export type MachineKind = Pick<Machine, 'processor' | 'cores' | 'memoryGb' | 'system' | 'node'>;

/** Ratios of an earlier release of this code, and where they were measured. */
export interface Baseline {
  readonly revision: string;
  readonly measuredAt: string;
  readonly rounds: number;
  readonly machine: MachineKind;
  readonly ratios: Ratios;
}

/** @throws Error when there is none, or it is not one. */
export function readBaseline(file: string): Baseline {
  const baseline = JSON.parse(readFileSync(file, 'utf8')) as Partial<Baseline>;
  const values = Object.values(baseline.ratios ?? {});
  if (values.length === 0 || !values.every((one) => Number.isFinite(one) && one > 0))
    throw new Error(`${file} is no baseline: "ratios" must be numbers above 0. Write it anew with --update.`);
  return baseline as Baseline;
}

export function writeBaseline(file: string, baseline: Baseline): void {
  writeFileSync(file, `${JSON.stringify(baseline, null, 2)}\n`);
}

/** The median ratio of every comparison. @throws Error when one was not measured: a baseline has all or is not written. */
export function baselineRatios(measured: GuardMeasurement): Ratios {
  return Object.fromEntries(
    COMPARISONS.map((comparison) => {
      const name = comparisonName(comparison);
      const problem = measured.problems[comparison.ours] ?? measured.problems[comparison.rival];
      const ratios = ratiosOf(measured, comparison);
      if (problem !== undefined || ratios.length < LEAST_ROUNDS) {
        const why = problem ?? `${ratios.length} rounds count, ${LEAST_ROUNDS} are needed: others kept the processors busy`;
        throw new Error(`No baseline was written, since a ratio is missing. ${name}: ${why}.`);
      }
      return [name, Number(median(ratios).toPrecision(4))];
    }),
  );
}

/** What differs between two machines, as words; empty for machines of one kind. */
export function otherMachine(here: MachineKind, there: MachineKind): string {
  const keys = ['processor', 'cores', 'memoryGb', 'system', 'node'] as const;
  return keys
    .filter((key) => String(here[key]) !== String(there[key]))
    .map((key) => `${key} ${here[key]}, not ${there[key]}`)
    .join('; ');
}
