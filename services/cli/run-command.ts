import { parseArgs } from 'node:util';
import { closestName } from '../../shared/domain/closest-name.ts';
import { CliError, type Command, ExitCode, type OptionValues, type Terminal, UsageError } from './command.ts';
import { cliErrorOf } from './job-api.ts';

function usage(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: jobline <command> [options]\n\nCommands:\n${lines.join('\n')}\n\njobline <command> --help says more.\n`;
}

interface Parsed {
  readonly values: OptionValues;
  readonly words: readonly string[];
}

function parse({ name, options, words = [] }: Command, args: readonly string[]): Parsed {
  const config = {
    args: [...args],
    options: { ...options, help: { type: 'boolean', short: 'h' } },
    allowPositionals: words.length > 0,
  } as const;
  try {
    const { values, positionals } = parseArgs(config);
    return { values, words: positionals };
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message.split('. To specify')[0]}`);
  }
}

function checkWords({ name, words = [] }: Command, given: readonly string[]): void {
  const missing = words.slice(given.length).find((word) => !word.endsWith('?'));
  if (missing !== undefined) throw new UsageError(`${name} needs ${missing}.`);
  if (given.length > words.length) throw new UsageError(`${name}: Unexpected argument '${given[words.length]}'`);
}

function unknownCommand(commands: readonly Command[], name: string): string {
  const below = commands.filter((one) => one.name.startsWith(`${name} `)).map((one) => one.name.slice(name.length + 1));
  if (below.length > 0) return `jobline ${name} needs to be told what: ${below.join(', ')}.`;
  const nearest = closestName(name, [...new Set(commands.map((one) => one.name.split(' ')[0]!))]);
  if (nearest !== undefined) return `There is no command ${JSON.stringify(name)}; did you mean ${nearest}?`;
  return `There is no command ${JSON.stringify(name)}; there are: ${commands.map((one) => one.name).join(', ')}.`;
}

async function runOne(commands: readonly Command[], args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.write(usage(commands));
    return name === undefined ? ExitCode.usage : 0;
  }
  const command = commands.find((one) => one.name === `${name} ${rest[0]}`) ?? commands.find((one) => one.name === name);
  if (!command) throw new UsageError(unknownCommand(commands, name));
  const { values, words } = parse(command, command.name === name ? rest : rest.slice(1));
  if (values['help'] === true) {
    terminal.write(command.help);
    return 0;
  }
  checkWords(command, words);
  return command.run(values, terminal, words);
}

/** Runs what the arguments say. @returns the exit code: the command's own, or that of what stood against it. */
export async function runCommand(commands: readonly Command[], args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runOne(commands, args, terminal);
  } catch (thrown) {
    const error = cliErrorOf(thrown);
    if (!(error instanceof CliError)) throw error;
    terminal.writeError(`jobline: ${error.message}\n${error instanceof UsageError ? 'jobline --help says what there is.\n' : ''}`);
    return error.exitCode;
  }
}
