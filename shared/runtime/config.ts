import type { z } from 'zod';
import { closestName } from '../domain/closest-name.ts';
import { ConfigError } from '../domain/failures.ts';
import { CROSS_RULES } from './config-rules.ts';
import { maskUrlValue } from './mask.ts';
import type { Role, Variable } from './variable.ts';
import { VARIABLES, type VariableName } from './variables.ts';

type Words<S extends string> = S extends `${infer Head}_${infer Tail}` ? `${Lowercase<Head>}${PascalWords<Tail>}` : Lowercase<S>;
type PascalWords<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Capitalize<Lowercase<Head>>}${PascalWords<Tail>}`
  : Capitalize<Lowercase<S>>;
/** `JOBLINE_JOB_TYPES` → `jobTypes`, `LEASE_MS` → `leaseMs`. */
type KeyOf<N extends string> = N extends `JOBLINE_${infer Rest}` ? Words<Rest> : Words<N>;
type ValueOf<V> = V extends { readonly schema: z.ZodType<infer T, string> } ? (V extends Variable<infer U, Role> ? U : T) : never;
type UsersOf<V> = V extends Variable<unknown, infer R> ? R : never;

/** Settings of one role, frozen: the variables that it uses, with their names in camelCase (`LEASE_MS` is `leaseMs`). */
export type Config<R extends Role> = {
  readonly [N in VariableName as R extends UsersOf<(typeof VARIABLES)[N]> ? KeyOf<N> : never]: ValueOf<(typeof VARIABLES)[N]>;
};

/** What is read: process.env, handed over by main.ts. */
export type Environment = Readonly<Record<string, string | undefined>>;

const PREFIX = 'JOBLINE_';
const ALL: readonly (readonly [string, Variable])[] = Object.entries(VARIABLES);

/** `JOBLINE_JOB_TYPES` → `jobTypes`. */
export function configKey(name: string): string {
  const words = name
    .replace(/^JOBLINE_/, '')
    .toLowerCase()
    .split('_');
  return words.map((word, index) => (index === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('');
}

/** Variables that a role uses, in the order of the table. */
export function variablesOf(role: Role): readonly (readonly [string, Variable])[] {
  return ALL.filter(([, variable]) => variable.usedBy.includes(role));
}

/** The text to show for a variable's value: credentials masked, at most 300 characters. */
function shown(variable: Variable, text: string): string {
  if (variable.isHidden) return text === '' ? '' : '***';
  return (variable.isSecret ? maskUrlValue(text) : text).slice(0, 300);
}

/** An empty variable counts as unset: compose files pass `${X:-}` on as empty. */
function textOf(env: Environment, name: string, variable: Variable): string | undefined {
  return env[name]?.trim() || variable.default;
}

function notSet(name: string, variable: Variable, env: Environment): string {
  const others = Object.keys(env).filter((other) => !(other in VARIABLES) && env[other]);
  const similar = closestName(name, others, 2);
  return `${name} is not set; it must be ${variable.allowed}.${similar ? ` ${similar} is set: did you mean ${name}?` : ''}`;
}

/** Read by the command line and by tests, which may stand beside a service's own. */
const OF_OTHERS = ['JOBLINE_URL', 'JOBLINE_ADMIN_URL', 'JOBLINE_API_KEY', 'JOBLINE_STACK', 'JOBLINE_FAILPOINTS'];

/** Variables with our prefix that nobody reads but that look like one of ours. Others are left alone: Kubernetes makes some up. */
function misspelt(env: Environment): readonly string[] {
  const known = ALL.map(([name]) => name).filter((name) => name.startsWith(PREFIX));
  const unknown = Object.keys(env).filter((name) => name.startsWith(PREFIX) && !known.includes(name) && !OF_OTHERS.includes(name));
  return unknown.flatMap((name) => {
    const meant = closestName(name, known) ?? ALL.map(([other]) => other).find((other) => PREFIX + other === name);
    return meant ? [`${name} is not a variable of Jobline; did you mean ${meant}?`] : [];
  });
}

/**
 * Reads and checks all settings of a role, and every rule between them.
 * @throws ConfigError with every problem at once: variable, value (credentials masked), what is allowed.
 */
export function readConfig<const R extends Role>(role: R, env: Environment): Config<R> {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, variable] of variablesOf(role)) {
    const text = textOf(env, name, variable);
    if (text === undefined) {
      if (variable.isRequired) problems.push(notSet(name, variable, env));
      continue;
    }
    const parsed = variable.schema.safeParse(text);
    if (parsed.success) values[configKey(name)] = parsed.data;
    else problems.push(`${name} is ${JSON.stringify(shown(variable, text))}; it must be ${variable.allowed}.`);
  }
  problems.push(...CROSS_RULES.flatMap((rule) => rule(values) ?? []), ...misspelt(env));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(values) as Config<R>;
}

/** The settings as lines `NAME=value`, credentials masked. */
export function describeConfig(role: Role, env: Environment): string {
  const lines = variablesOf(role).map(([name, variable]) => {
    const text = textOf(env, name, variable) ?? '';
    return `${name}=${shown(variable, text)}${env[name]?.trim() ? '' : '  # default'}`;
  });
  return `${lines.join('\n')}\n`;
}

/** Prints the problems of a ConfigError and exits 78 (EX_CONFIG of sysexits.h). @throws any other error. */
export function exitOnConfigError(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exit(78);
}

/**
 * The first line of every main.ts: reads the settings; prints the problems and exits 78 when they are wrong; with
 * `--print-config` among the arguments prints them masked and exits 0.
 */
export function configOrExit<const R extends Role>(role: R, env: Environment, args: readonly string[]): Config<R> {
  try {
    const config = readConfig(role, env);
    if (!args.includes('--print-config')) return config;
    process.stdout.write(describeConfig(role, env));
  } catch (error) {
    exitOnConfigError(error);
  }
  process.exit(0);
}
