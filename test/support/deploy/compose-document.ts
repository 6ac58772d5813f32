import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../../shared/runtime/project-root.ts';

/** A service of a Compose file: the keys that our file uses. */
export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly command?: readonly string[];
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly volumes?: readonly (string | { readonly type: string; readonly target: string })[];
  readonly ports?: readonly string[];
  readonly networks?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly container_name?: string;
  readonly restart?: string;
  readonly stop_grace_period?: string;
  readonly scale?: string;
  readonly deploy?: { readonly resources?: { readonly limits?: { readonly memory?: string; readonly pids?: number } } };
}

/** A Compose file after its variables are filled in. */
export interface ComposeDocument {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, object>>;
}

const VARIABLE = /\$\$|\$\{([A-Z0-9_]+)(?::-([^}]*))?\}/g;

/** `$$`, `${X}` and `${X:-default}`, the forms that our file uses. @throws Error for a variable that has neither value nor default. */
function interpolate(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (whole, name?: string, fallback?: string) => {
      if (name === undefined) return '$';
      const found = env[name] || fallback;
      if (found === undefined) throw new Error(`${whole} has no value and no default`);
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((one) => interpolate(one, env));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, interpolate(one, env)]));
}

/** Text of docker-compose.yml. */
export function composeText(): string {
  return readFileSync(join(projectRoot(), 'docker-compose.yml'), 'utf8');
}

/** A Compose file as `docker compose config` would show it, with variables from `env`. */
export function composeDocument(text: string, env: Readonly<Record<string, string>> = {}): ComposeDocument {
  return interpolate(parse(text, { merge: true }), env) as ComposeDocument;
}

/** `NAME=value` lines of an env file. */
export function envFile(path: string): Readonly<Record<string, string>> {
  const lines = readFileSync(join(projectRoot(), path), 'utf8').split('\n');
  return Object.fromEntries(lines.filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s).slice(0, 2)));
}
