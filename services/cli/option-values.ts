import { readFileSync } from 'node:fs';
import { type OptionValues, UsageError } from './command.ts';

/** The type of an option that takes a text. */
export const STRING = { type: 'string' } as const;

/** The text of an option; undefined where it was not given. */
export function textOption(values: OptionValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** @throws UsageError where it was not given, or is empty. */
export function neededOption(values: OptionValues, name: string): string {
  const value = textOption(values, name);
  if (value === undefined || value === '') throw new UsageError(`--${name} is needed.`);
  return value;
}

/** A whole number of an option. @throws UsageError naming what is allowed. */
export function wholeOption(values: OptionValues, name: string, least: number, most: number): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; it must be a whole number from ${least} to ${most}.`);
}

/** A number of an option, with or without decimals. @throws UsageError naming what is allowed. */
export function decimalOption(values: OptionValues, name: string, least: number, most: number): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const value = /^\d{1,12}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; it must be a number from ${least} to ${most}.`);
}

/** Words between commas. @throws UsageError where one is empty. */
export function listOption(values: OptionValues, name: string): readonly string[] | undefined {
  const words = textOption(values, name)
    ?.split(',')
    .map((word) => word.trim());
  if (words?.includes('')) throw new UsageError(`--${name} is ${JSON.stringify(values[name])}; it must be words between commas.`);
  return words;
}

/** One of a few words. @throws UsageError naming them. */
export function choiceOption<const C extends string>(values: OptionValues, name: string, of: readonly C[]): C | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const found = of.find((one) => one === text);
  if (found !== undefined) return found;
  throw new UsageError(`--${name} is ${JSON.stringify(text)}; it must be one of ${of.join(', ')}.`);
}

/** A text that must be JSON. @throws UsageError saying where it came from. */
export function jsonOf(what: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${what} is not JSON: ${(error as Error).message}.`);
  }
}

/** The JSON in a file. @throws UsageError saying why there is none. */
function jsonFile(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${JSON.stringify(path)} cannot be read: ${(error as NodeJS.ErrnoException).code}.`);
  }
  return jsonOf(path, text);
}

/** A file that says all that the other options would say. @throws UsageError where one of them stands beside it, or there is no JSON. */
export function wholeFile(values: OptionValues, what: string, others: readonly string[]): unknown {
  const path = textOption(values, 'file');
  if (path === undefined) return undefined;
  const other = others.find((name) => name !== 'file' && values[name] !== undefined);
  if (other !== undefined) throw new UsageError(`--file has the whole ${what}; --${other} cannot stand beside it.`);
  return jsonFile(path);
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Seconds of a span such as 90s, 30m, 2h, 1d. @throws UsageError. */
export function spanOption(values: OptionValues, name: string): number | undefined {
  const text = textOption(values, name);
  if (text === undefined) return undefined;
  const [, count, unit] = /^(\d{1,7})([smhd])$/.exec(text) ?? [];
  if (count === undefined || Number(count) === 0)
    throw new UsageError(`--${name} is ${JSON.stringify(text)}; it must be a span such as 90s, 30m, 2h or 1d.`);
  return Number(count) * UNITS[unit!]!;
}
