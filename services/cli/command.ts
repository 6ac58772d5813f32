import type { ParseArgsConfig } from 'node:util';

/** What a command is given of the process. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  write(text: string): void;
  writeError(text: string): void;
  /** Whether progress may be rewritten in place on the error output. */
  readonly isTerminal: boolean;
}

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** One command of `jobline`. */
export interface Command {
  /** One word, or two: `keys create`. */
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** What `jobline <name> --help` prints. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** @returns the exit code. @throws UsageError, CliError. */
  run(values: OptionValues, terminal: Terminal): Promise<number>;
}

/** It could not be done: the sentence is for a person, and the exit code is 2. */
export class CliError extends Error {}

/** An option or a command is wrong; the help is pointed to. */
export class UsageError extends CliError {}
