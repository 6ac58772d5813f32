import { type ParseArgsConfig, parseArgs } from 'node:util';
import { orExit } from '../bench/suite/or-exit.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<typeof parseArgs<{ options: T; allowPositionals: true }>>;

/** How a program is called. */
export interface CommandLine<T extends Options> {
  /** For `--help`, and after what is wrong. */
  readonly usage: string;
  readonly options: T;
  /** Default: no words beside options. */
  readonly takesWords?: boolean;
}

/**
 * What the program was called with. `--help` prints how it is called and ends it; wrong use ends it with code 64.
 */
export function commandLine<T extends Options>({ usage, options, takesWords = false }: CommandLine<T>): Parsed<T> {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  return orExit(usage, () => parseArgs({ options, allowPositionals: takesWords }) as Parsed<T>);
}

/** A whole number from 0. @throws never: ends the program with code 64 where it is none. */
export function wholeOrExit(name: string, text: string, usage: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  return wrongUse(`--${name} is ${JSON.stringify(text)}; it must be a whole number from 0.`, usage);
}

/** Says what is wrong and how the program is called, and ends it. */
export function wrongUse(what: string, usage: string): never {
  return orExit(usage, () => {
    throw new Error(what);
  });
}
