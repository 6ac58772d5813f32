import { CliError, type Command, ExitCode, type Terminal, UsageError } from './command.ts';
import { cliErrorOf } from './job-api.ts';
import { checkWords, readArguments } from './read-arguments.ts';
import { manifest } from './release.ts';
import { type Groups, groupText, unknownCommand, usageText } from './usage.ts';

/** Everything that `jobline` can do. */
export interface CommandSet {
  readonly commands: readonly Command[];
  readonly groups: Groups;
}

const HELP: ReadonlySet<string | undefined> = new Set(['--help', '-h', 'help']);

function find(commands: readonly Command[], [first, second]: readonly string[]): Command | undefined {
  return commands.find((one) => one.name === `${first} ${second}`) ?? commands.find((one) => one.name === first);
}

function helpOf({ commands, groups }: CommandSet, about: readonly string[]): string {
  const command = find(commands, about);
  if (command) return command.help;
  const [name] = about;
  if (name === undefined) return usageText(commands, groups);
  const group = groupText(commands, groups, name);
  if (group === undefined) throw new UsageError(unknownCommand(commands, name, about[1]));
  return group;
}

async function runOne(set: CommandSet, args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, second] = args;
  if (name === undefined || HELP.has(name)) {
    terminal.write(helpOf(set, args.slice(1)));
    return name === undefined ? ExitCode.usage : ExitCode.done;
  }
  if (name === '--version') {
    terminal.write(`${manifest().version}\n`);
    return ExitCode.done;
  }
  const command = find(set.commands, args);
  if (!command) {
    if (!HELP.has(second)) throw new UsageError(unknownCommand(set.commands, name, second));
    terminal.write(helpOf(set, [name]));
    return ExitCode.done;
  }
  const { values, words } = readArguments(command, args.slice(command.name.split(' ').length));
  if (values['help'] === true) {
    terminal.write(command.help);
    return ExitCode.done;
  }
  checkWords(command, words);
  return command.run(values, terminal, words);
}

/** What stood against it: a sentence for a person, or, where JSON was asked for, an object in a line. */
function said(error: CliError, wantsJson: boolean): string {
  const { message, exitCode, problem } = error;
  if (wantsJson) return `${JSON.stringify({ error: { message, exit_code: exitCode, ...(problem && { problem }) } })}\n`;
  return `jobline: ${message}\n${error instanceof UsageError ? 'jobline --help says what there is.\n' : ''}`;
}

/** Runs what the arguments say. @returns the exit code: the command's own, or that of what stood against it. */
export async function runCommand(set: CommandSet, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await runOne(set, args, terminal);
  } catch (thrown) {
    const error = cliErrorOf(thrown);
    if (!(error instanceof CliError)) throw error;
    terminal.writeError(said(error, args.includes('--json')));
    return error.exitCode;
  }
}
