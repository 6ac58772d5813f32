import { closestName } from '../../shared/domain/closest-name.ts';
import type { Command } from './command.ts';

/** What the commands of a group are about. */
export type Groups = Readonly<Record<string, string>>;

const groupOf = ({ name }: Command): string | undefined => (name.includes(' ') ? name.split(' ')[0]! : undefined);

function lines(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join('');
}

/** Every command, those of a group in one line. */
export function usageText(commands: readonly Command[], groups: Groups): string {
  const entries = new Map<string, string>();
  for (const command of commands) {
    const group = groupOf(command);
    if (group === undefined) entries.set(command.name, command.summary);
    else entries.set(`${group} ...`, groups[group] ?? '');
  }
  return `Usage: jobline COMMAND [options]

Commands:
${lines([...entries])}
jobline COMMAND --help says more, for a group as for a command.
jobline --version says which release this is.
`;
}

/** The commands of one group; undefined for what is none. */
export function groupText(commands: readonly Command[], groups: Groups, group: string): string | undefined {
  const own = commands.filter((command) => groupOf(command) === group);
  if (own.length === 0) return undefined;
  const entries = own.map(({ name, summary }) => [name, summary] as const);
  const about = groups[group] ?? '';
  return `Usage: jobline ${group} COMMAND [options]

${about}

${lines(entries)}
jobline ${group} COMMAND --help says more.
`;
}

/** Why there is no such command, and which may be meant. */
export function unknownCommand(commands: readonly Command[], name: string, second: string | undefined): string {
  const below = commands.filter((one) => groupOf(one) === name).map((one) => one.name.slice(name.length + 1));
  if (below.length > 0) {
    const meant = second === undefined || second.startsWith('-') ? undefined : closestName(second, below, 2);
    if (meant !== undefined) return `There is no command "${name} ${second}"; did you mean ${name} ${meant}?`;
    return `jobline ${name} needs to be told what: ${below.join(', ')}.`;
  }
  const known = [...new Set(commands.map((one) => one.name.split(' ')[0]!))];
  const nearest = closestName(name, known);
  if (nearest !== undefined) return `There is no command ${JSON.stringify(name)}; did you mean ${nearest}?`;
  return `There is no command ${JSON.stringify(name)}; there are: ${known.join(', ')}.`;
}
