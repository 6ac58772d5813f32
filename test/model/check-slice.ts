import { type Exploration, explore, type Violation } from './explore.ts';
import { jobSpace } from './job-space.ts';
import type { Slice } from './slice.ts';
import { SLICES } from './slices.ts';

const number = new Intl.NumberFormat('en');
const WIDTHS = [22, 11, 13, 7, 9] as const;

export interface Checked {
  readonly slice: Slice;
  readonly result: Exploration;
}

/** Explores a slice of the protocol as it is. */
export function checkSlice(slice: Slice): Checked {
  return { slice, result: explore(jobSpace(slice)) };
}

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => (index === 0 ? cell.padEnd(WIDTHS[0]) : cell.padStart(WIDTHS[index] ?? 0))).join(' ');
}

export const HEADINGS: string = row(['slice', 'states', 'transitions', 'depth', 'seconds', ' verdict']);

/** One line of the table. */
export function lineOf({ slice, result }: Checked): string {
  const { states, transitions, depth, seconds, violation } = result;
  const verdict = violation ? `VIOLATED: ${violation.property}` : 'holds';
  return row([slice.name, number.format(states), number.format(transitions), String(depth), seconds.toFixed(1), ` ${verdict}`]);
}

/** The shortest way to a violation, a step a line. */
export function traceOf({ property, detail, trace }: Violation): string {
  const steps = trace.map((label, index) => `  ${String(index + 1).padStart(3)}. ${label}`);
  return [`${property}: ${detail}`, ...steps].join('\n');
}

/** The closing line, for scripts. */
export function closingLine(checked: readonly Checked[]): string {
  const states = checked.reduce((sum, { result }) => sum + result.states, 0);
  const violations = checked.filter(({ result }) => result.violation).length;
  return `${number.format(states)} states in ${checked.length} slices, ${violations} violations`;
}

/** @throws Error for a name that no slice has. */
export function slicesNamed(names: readonly string[]): readonly Slice[] {
  const unknown = names.filter((name) => !SLICES.some((slice) => slice.name === name));
  if (unknown.length > 0) throw new Error(`No slice ${unknown.join(', ')}; there are ${SLICES.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? SLICES : SLICES.filter(({ name }) => names.includes(name));
}
