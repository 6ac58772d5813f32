import { parseArgs } from 'node:util';
import { closestName } from '../../shared/domain/closest-name.ts';
import { type Command, type OptionValues, UsageError } from './command.ts';

/** What stands behind a command. */
export interface Arguments {
  readonly values: OptionValues;
  readonly words: readonly string[];
}

/** The sentence of Node's parser, with the option that may be meant. */
function explained(error: Error, known: readonly string[]): string {
  const sentence = error.message.split('. To specify')[0]!;
  const unknown = /^Unknown option '--([^']+)'/.exec(sentence)?.[1];
  const meant = unknown === undefined ? undefined : closestName(unknown, known, 2);
  return meant === undefined ? sentence : `${sentence}; did you mean --${meant}?`;
}

/** @throws UsageError for an option that the command does not have, or one without its value. */
export function readArguments({ name, options }: Command, args: readonly string[]): Arguments {
  const all = { ...options, help: { type: 'boolean', short: 'h' } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: all, allowPositionals: true });
    return { values, words: positionals };
  } catch (error) {
    throw new UsageError(`${name}: ${explained(error as Error, Object.keys(all))}`);
  }
}

/** @throws UsageError where a word is missing, or there is one too many. */
export function checkWords({ name, words = [] }: Command, given: readonly string[]): void {
  const missing = words.slice(given.length).find((word) => !word.endsWith('?'));
  if (missing !== undefined) throw new UsageError(`${name} needs ${missing}.`);
  if (given.length > words.length) throw new UsageError(`${name}: Unexpected argument '${given[words.length]}'`);
}
