import { parseArgs } from 'node:util';
import { CliError, type Command, type OptionValues, type Terminal, UsageError } from './command.ts';

const COULD_NOT_RUN = 2;

function usage(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`);
  return `Usage: jobline <command> [options]\n\nCommands:\n${lines.join('\n')}\n\njobline <command> --help says more.\n`;
}

function valuesOf({ name, options }: Command, args: readonly string[]): OptionValues {
  try {
    return parseArgs({ args: [...args], options: { ...options, help: { type: 'boolean', short: 'h' } }, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(`${name}: ${(error as Error).message.split('. To specify')[0]}`);
  }
}

function unknownCommand(commands: readonly Command[], name: string): string {
  const below = commands.filter((one) => one.name.startsWith(`${name} `)).map((one) => one.name.slice(name.length + 1));
  if (below.length > 0) return `jobline ${name} needs to be told what: ${below.join(', ')}.`;
  return `There is no command ${JSON.stringify(name)}; there are: ${commands.map((one) => one.name).join(', ')}.`;
}

async function runOne(commands: readonly Command[], args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    terminal.write(usage(commands));
    return name === undefined ? COULD_NOT_RUN : 0;
  }
  const command = commands.find((one) => one.name === `${name} ${rest[0]}`) ?? commands.find((one) => one.name === name);
  if (!command) throw new UsageError(unknownCommand(commands, name));
  const values = valuesOf(command, command.name === name ? rest : rest.slice(1));
  if (values['help'] === true) {
    terminal.write(command.help);
    return 0;
  }
  return command.run(values, terminal);
}

/** Runs what the arguments say. @returns the exit code: the command's own, 2 when it could not run. */
export async function runCommand(commands: readonly Command[], args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runOne(commands, args, terminal);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    terminal.writeError(`jobline: ${error.message}\n${error instanceof UsageError ? 'jobline --help says what there is.\n' : ''}`);
    return COULD_NOT_RUN;
  }
}
