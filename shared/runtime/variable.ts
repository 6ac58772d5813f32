import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import { validate as isCron } from 'node-cron';
import { z } from 'zod';

/**
 * Kinds of process that read settings. All worker services (p1-worker, p2-worker, ...) are `worker`; `cli` prepares both
 * servers; `topology` is `topology apply` and `check`.
 */
export const ROLES = ['gateway', 'worker', 'scheduler', 'cli', 'topology'] as const;
export type Role = (typeof ROLES)[number];

/** One environment variable: how it is read, and what the documentation and the deployment checks say about it. */
export interface Variable<T = unknown, R extends Role = Role> {
  /** From the text in the environment to the value in the config. */
  readonly schema: z.ZodType<T, string>;
  /** E.g. `integer`, `URL`. */
  readonly type: string;
  /** The allowed range, as shown in errors and documentation. */
  readonly allowed: string;
  /** As it would be written in the environment. Absent: the variable is required, or optional. */
  readonly default?: string;
  readonly isRequired: boolean;
  /** The value may contain credentials: masked wherever it is shown. */
  readonly isSecret: boolean;
  /** The whole value is a secret: never shown, not even in part. */
  readonly isHidden?: boolean;
  readonly usedBy: readonly R[];
  readonly description: string;
}

/** What each declaration in the table says beside its kind. */
export interface About<R extends Role> {
  readonly usedBy: readonly R[];
  readonly description: string;
}

type Kind = Pick<Variable, 'type' | 'allowed'> & Partial<Pick<Variable, 'default' | 'isRequired' | 'isSecret' | 'isHidden'>>;

/** A variable of a kind of its own. */
export function variable<T, R extends Role>(schema: z.ZodType<T, string>, kind: Kind, { usedBy, description }: About<R>): Variable<T, R> {
  return { isRequired: false, isSecret: false, ...kind, schema, usedBy, description };
}

/** A whole number with a unit, both ends inclusive. */
export function integer<const R extends Role>(
  about: About<R> & { min: number; max: number; default: number; unit?: string },
): Variable<number, R> {
  const schema = z
    .string()
    .regex(/^-?\d{1,15}$/)
    .transform(Number)
    .pipe(z.number().int().min(about.min).max(about.max));
  const allowed = `an integer from ${about.min} to ${about.max}${about.unit ? ` (${about.unit})` : ''}`;
  return variable(schema, { type: 'integer', allowed, default: String(about.default) }, about);
}

/** As `integer`, but without a default: undefined when unset. */
export function optionalInteger<const R extends Role>(
  about: About<R> & { min: number; max: number; unit?: string },
): Variable<number | undefined, R> {
  const { default: _, ...rest } = integer({ ...about, default: about.min });
  return rest;
}

/** One of a few words. */
export function choice<const C extends string, const R extends Role>(
  about: About<R> & { of: readonly C[]; default: NoInfer<C> },
): Variable<C, R> {
  const allowed = `one of ${about.of.join(', ')}`;
  return variable(z.enum(about.of) as unknown as z.ZodType<C, string>, { type: 'choice', allowed, default: about.default }, about);
}

/** An address to listen on: an IP address or host name. */
export function hostName<const R extends Role>(about: About<R> & { default: string }): Variable<string, R> {
  const schema = z.string().regex(/^[A-Za-z0-9.:_-]{1,253}$/);
  return variable(schema, { type: 'host', allowed: 'an IP address or a host name, without port', default: about.default }, about);
}

/** A TCP port; 0 takes any free one. */
export function port<const R extends Role>(about: About<R> & { default: number }): Variable<number, R> {
  const spec = integer({ ...about, min: 0, max: 65_535 });
  return { ...spec, type: 'port', allowed: 'a port from 0 to 65535 (0: any free one, logged at start)' };
}

/** Parts of a comma-separated list, blanks trimmed. */
const parts = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function isUrlOf(text: string, protocols: readonly string[]): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return protocols.includes(url.protocol) && url.hostname !== '';
}

/** One or more AMQP URLs. */
export function amqpUrls<const R extends Role>(about: About<R>): Variable<readonly string[], R> {
  const one = z.string().refine((text) => isUrlOf(text, ['amqp:', 'amqps:']));
  // Only a comma before the next scheme separates: passwords may contain commas.
  const schema = z
    .string()
    .transform((text) => text.split(/,\s*(?=[a-z]+:\/\/)/))
    .pipe(z.array(one).min(1));
  const allowed = 'an amqp:// or amqps:// URL, or several separated by commas (the nodes of one cluster)';
  return variable(schema, { type: 'URL list', allowed, isRequired: true, isSecret: true }, about);
}

const MONGODB_URL = /^mongodb(?:\+srv)?:\/\/(?:[^@/\s]+@)?[^@/?\s]+(?:\/[A-Za-z0-9_-]{0,63})?(?:\?\S*)?$/;

/** A MongoDB connection string. */
export function mongodbUrl<const R extends Role>(about: About<R>): Variable<string, R> {
  const allowed = 'a mongodb:// or mongodb+srv:// URL; its path names the database ([A-Za-z0-9_-], default jobline)';
  return variable(z.string().regex(MONGODB_URL), { type: 'URL', allowed, isRequired: true, isSecret: true }, about);
}

/** One or more http(s) URLs, as they were written; undefined when unset. */
export function optionalHttpUrls<const R extends Role>(about: About<R>): Variable<string | undefined, R> {
  const schema = z.string().refine((text) => text.split(/,\s*(?=[a-z]+:\/\/)/).every((one) => isUrlOf(one, ['http:', 'https:'])));
  const allowed = 'an http:// or https:// URL, or several separated by commas (the nodes of one cluster)';
  return variable(schema, { type: 'URL list', allowed, isSecret: true }, about);
}

/** Names of hosts, without a port; lower case in the config. */
export function hostNames<const R extends Role>(about: About<R>): Variable<readonly string[], R> {
  const schema = z
    .string()
    .transform((text) => parts(text.toLowerCase()))
    .refine((list) => list.every((name) => /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/.test(name)));
  const allowed = 'names of hosts such as jobs.test, separated by commas, without a port';
  return variable(schema, { type: 'host list', allowed, default: '' }, about);
}

/** Origins of web pages; lower case in the config. */
export function origins<const R extends Role>(about: About<R>): Variable<readonly string[], R> {
  const isOrigin = (text: string) => isUrlOf(text, ['http:', 'https:']) && new URL(text).origin === text;
  const schema = z
    .string()
    .transform((text) => parts(text.toLowerCase()))
    .refine((list) => list.every(isOrigin));
  const allowed = 'origins such as https://app.example.com, separated by commas, without a path';
  return variable(schema, { type: 'origin list', allowed, default: '' }, about);
}

function isWritableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** A folder that exists and may be written to, by default the system's for temporary files; an absolute path in the config. */
export function writableFolder<const R extends Role>(about: About<R>): Variable<string, R> {
  const schema = z
    .string()
    .transform((path) => resolve(path || tmpdir()))
    .refine(isWritableFolder);
  return variable(schema, { type: 'folder', allowed: 'a folder that exists and is writable', default: '' }, about);
}

/** Paths of existing files, separated by commas; absolute in the config. */
export function filePaths<const R extends Role>(about: About<R>): Variable<readonly string[], R> {
  const schema = z
    .string()
    .transform((text) => parts(text).map((path) => resolve(path)))
    .refine((paths) => paths.every((path) => existsSync(path)));
  return variable(schema, { type: 'path list', allowed: 'paths of existing files, separated by commas', default: '' }, about);
}

/** A cron line in UTC, or undefined for `off`. */
export function cronLine<const R extends Role>(about: About<R> & { default: string }): Variable<string | undefined, R> {
  const schema = z
    .string()
    .refine((text) => text === 'off' || isCron(text))
    .transform((text) => (text === 'off' ? undefined : text));
  return variable(
    schema,
    { type: 'cron line', allowed: 'five cron fields in UTC such as "0 3 * * *", or off', default: about.default },
    about,
  );
}

/** A secret, as it is; undefined when unset. It is never shown. @param about.form what it must look like, `allowed` in words. */
export function optionalSecret<const R extends Role>(about: About<R> & { form: RegExp; allowed: string }): Variable<string | undefined, R> {
  return variable(z.string().regex(about.form), { type: 'secret', allowed: about.allowed, isHidden: true }, about);
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** Path of a file whose content is such a secret; the content in the config, undefined when unset. */
export function optionalSecretFile<const R extends Role>(
  about: About<R> & { form: RegExp; allowed: string },
): Variable<string | undefined, R> {
  const schema = z
    .string()
    .transform((path) => contentOf(resolve(path)))
    .pipe(z.string().regex(about.form));
  return variable(schema, { type: 'path', allowed: `the path of a readable file whose content is ${about.allowed}` }, about);
}
