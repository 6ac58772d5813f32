import { ExitCode, type OptionValues, type Terminal } from './command.ts';

/** Prints an answer, as JSON where that was asked for. @returns the exit code of what is done. */
export function printAnswer<T>(answer: T, textOf: (answer: T) => string, values: OptionValues, terminal: Terminal): number {
  terminal.write(values['json'] === true ? `${JSON.stringify(answer, undefined, 2)}\n` : textOf(answer));
  return ExitCode.done;
}
