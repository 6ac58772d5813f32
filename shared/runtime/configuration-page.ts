import { ROLES, type Role, type Variable } from './variable.ts';
import { CONCERNS } from './variables.ts';

const TITLES: Readonly<Record<keyof typeof CONCERNS, string>> = {
  broker: 'RabbitMQ',
  store: 'MongoDB and retention',
  http: 'HTTP',
  bounds: 'Bounds of the gateway',
  access: 'Access and limits',
  signing: 'Signatures',
  callbacks: 'Callbacks',
  outside: 'Job types http and summarize',
  breakers: 'Circuit breakers',
  process: 'Every process',
  worker: 'Workers',
  scheduler: 'Scheduler',
  retention: 'Retention and statistics',
};

const INTRO = `# Configuration

Every process reads its settings from environment variables, once, at start. All values and the rules between them are
checked before anything connects; a process with wrong settings names every one of them and exits with code 78.
\`--print-config\` prints the settings in use, credentials masked, and exits. An empty variable counts as unset. A variable
that begins with \`JOBLINE_\` and is a misspelling of one below is an error.

This page is generated from \`shared/runtime/variables.ts\` by \`configurationPage()\`; a test compares the two.
`;

function defaultOf(variable: Variable): string {
  if (variable.isRequired) return '**required**';
  return variable.default ? `\`${variable.default}\`` : 'unset';
}

function usersOf(roles: readonly Role[]): string {
  return roles.length === ROLES.length ? 'all' : roles.join(', ');
}

function row([name, variable]: readonly [string, Variable]): string {
  const cells = [`\`${name}\``, variable.allowed, defaultOf(variable), usersOf(variable.usedBy), variable.description];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

/** The text of docs/configuration.md. */
export function configurationPage(): string {
  const sections = Object.entries(CONCERNS).map(([concern, variables]) => {
    const rows = Object.entries<Variable>(variables).map(row);
    const title = TITLES[concern as keyof typeof CONCERNS];
    return `## ${title}\n\n| variable | allowed | default | used by | meaning |\n| --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  return [INTRO, ...sections].join('\n');
}
