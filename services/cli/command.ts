import type { ParseArgsConfig } from 'node:util';

/** What a command is given of the process. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  write(text: string): void;
  writeError(text: string): void;
  /** Whether progress may be rewritten in place on the error output. */
  readonly isTerminal: boolean;
  /** Width of the output where it is a terminal; undefined: lines are as long as they are. */
  readonly columns?: number | undefined;
  /** Whether the output may be coloured. Default false. */
  readonly hasColour?: boolean;
  /** The standard input. */
  readonly input: AsyncIterable<Uint8Array>;
}

export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** One command of `jobline`. */
export interface Command {
  /** One word, or two: `keys create`. */
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** What `jobline <name> --help` prints; every line of its examples is run by a test. */
  readonly help: string;
  readonly options: NonNullable<ParseArgsConfig['options']>;
  /** Names of what stands behind the command without dashes, in order; a name that ends with `?` may be left out. Default: none. */
  readonly words?: readonly string[];
  /** @returns the exit code. @throws UsageError, CliError. */
  run(values: OptionValues, terminal: Terminal, words: readonly string[]): Promise<number>;
}

/** What `jobline` ends with; those from 64 are those of sysexits.h. */
export const ExitCode = { done: 0, jobFailed: 1, failed: 2, usage: 64, unavailable: 69, denied: 77 } as const;

/** It could not be done: the sentence is for a person. */
export class CliError extends Error {
  readonly exitCode: number;
  /** The problem of the gateway behind it, for programs. */
  readonly problem: Readonly<Record<string, unknown>> | undefined;

  constructor(message: string, exitCode: number = ExitCode.failed, problem?: Readonly<Record<string, unknown>>) {
    super(message);
    this.exitCode = exitCode;
    this.problem = problem;
  }
}

/** An option or a command is wrong; the help is pointed to. */
export class UsageError extends CliError {
  constructor(message: string) {
    super(message, ExitCode.usage);
  }
}

/** The exit code for a refusal with this HTTP status. */
export function exitCodeOf(status: number): number {
  if (status === 401 || status === 403) return ExitCode.denied;
  return status === 429 || status === 503 ? ExitCode.unavailable : ExitCode.failed;
}
