import { randomBytes } from 'node:crypto';
import { SCOPES } from '../../../shared/domain/access.ts';
import { keyText } from '../../../shared/domain/api-key.ts';
import { ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, adminApi } from '../admin-api.ts';
import { type Command, type OptionValues, type Terminal, UsageError } from '../command.ts';
import { tableOf } from '../table.ts';

/** GET /admin/v1/keys/{key_id}; `key` where its secret was just made. */
interface KeyView {
  readonly key_id: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly state: string;
  readonly expire_at?: string;
  readonly old_secret_until?: string;
  readonly last_used_at?: string;
  readonly key?: string;
}

const STRING = { type: 'string' } as const;
const SHARED = { ...ADMIN_OPTIONS, json: { type: 'boolean' } } as const;
const SHARED_HELP = `  --json             print the answer of the control plane as JSON
${ADMIN_OPTIONS_HELP}
Exit code: 0 done, 2 it could not be done, 64 wrong use, 69 no answer, 77 not allowed.
`;

function needed(values: OptionValues, name: string): string {
  const value = values[name];
  if (typeof value !== 'string' || value === '') throw new UsageError(`--${name} is needed.`);
  return value;
}

function wholeNumber(values: OptionValues, name: string): number | undefined {
  const value = values[name];
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(String(value))) throw new UsageError(`--${name} must be a whole number.`);
  return Number(value);
}

function scopesOf(text: string): readonly string[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown.length > 0) throw new UsageError(`--scopes has ${unknown.join(', ')}; there are ${SCOPES.join(', ')}.`);
  return scopes;
}

/** The key itself on the output, so that it can be piped into a secret store; what there is to know on the error output. */
function printIssued(key: KeyView, values: OptionValues, { write, writeError }: Terminal): number {
  write(values['json'] === true ? `${JSON.stringify(key, undefined, 2)}\n` : `${key.key}\n`);
  const old = key.old_secret_until === undefined ? '' : ` The old secret stays good until ${key.old_secret_until}.`;
  writeError(`Key ${key.key_id} of tenant ${key.tenant} (${key.scopes.join(', ')}). It is not shown again.${old}\n`);
  return 0;
}

const keysCreate: Command = {
  name: 'keys create',
  summary: 'make an API key and print it, once',
  help: `Usage: jobline keys create --name NAME --scopes SCOPES [--tenant TENANT] [--expires-in-days DAYS] [--json] [--url URL]

  --name NAME        who or what it is for
  --scopes SCOPES    what it may do, separated by commas: ${SCOPES.join(', ')}
  --tenant TENANT    whose jobs it is about; default: default
  --expires-in-days DAYS  1 to 3650; default: never
${SHARED_HELP}`,
  options: { ...SHARED, name: STRING, scopes: STRING, tenant: STRING, 'expires-in-days': STRING },
  async run(values, terminal) {
    const wish = {
      name: needed(values, 'name'),
      scopes: scopesOf(needed(values, 'scopes')),
      tenant: values['tenant'],
      expires_in_days: wholeNumber(values, 'expires-in-days'),
    };
    return printIssued(await adminApi(values, terminal).request<KeyView>('POST', '/admin/v1/keys', wish), values, terminal);
  },
};

const keysList: Command = {
  name: 'keys list',
  summary: 'list API keys, newest first, without their secrets',
  help: `Usage: jobline keys list [--tenant TENANT] [--json] [--url URL]

  --tenant TENANT    those of one tenant
${SHARED_HELP}`,
  options: { ...SHARED, tenant: STRING },
  async run(values, terminal) {
    const api = adminApi(values, terminal);
    const keys: KeyView[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const query = new URLSearchParams({ limit: '200' });
      if (token !== '') query.set('page_token', token);
      if (typeof values['tenant'] === 'string') query.set('tenant', values['tenant']);
      const page: { keys: KeyView[]; next_page_token?: string } = await api.request('GET', `/admin/v1/keys?${query}`);
      keys.push(...page.keys);
      token = page.next_page_token;
    }
    terminal.write(values['json'] === true ? `${JSON.stringify({ keys }, undefined, 2)}\n` : listText(keys));
    return 0;
  },
};

function listText(keys: readonly KeyView[]): string {
  if (keys.length === 0) return 'There are no keys.\n';
  const head = ['id', 'state', 'tenant', 'scopes', 'last used', 'name'];
  const rows = keys.map((key) => [key.key_id, key.state, key.tenant, key.scopes.join(','), key.last_used_at ?? 'never', key.name]);
  return tableOf([head, ...rows]);
}

const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'give an API key a new secret and print it, once',
  help: `Usage: jobline keys rotate --id ID [--overlap SECONDS] [--json] [--url URL]

  --id ID            of the key, as keys list shows it
  --overlap SECONDS  how long the old secret stays good, 0 to 2592000; default 86400 (a day)
${SHARED_HELP}`,
  options: { ...SHARED, id: STRING, overlap: STRING },
  async run(values, terminal) {
    const path = `/admin/v1/keys/${encodeURIComponent(needed(values, 'id'))}/rotate`;
    const request = { overlap_seconds: wholeNumber(values, 'overlap') };
    return printIssued(await adminApi(values, terminal).request<KeyView>('POST', path, request), values, terminal);
  },
};

const keysRevoke: Command = {
  name: 'keys revoke',
  summary: 'make an API key void, at every gateway within 5 s',
  help: `Usage: jobline keys revoke --id ID [--json] [--url URL]

  --id ID            of the key, as keys list shows it
${SHARED_HELP}`,
  options: { ...SHARED, id: STRING },
  async run(values, terminal) {
    const id = needed(values, 'id');
    const key = await adminApi(values, terminal).request<KeyView>('POST', `/admin/v1/keys/${encodeURIComponent(id)}/revoke`);
    terminal.write(values['json'] === true ? `${JSON.stringify(key, undefined, 2)}\n` : `Key ${key.key_id} is ${key.state}.\n`);
    return 0;
  },
};

const keysGenerate: Command = {
  name: 'keys generate',
  summary: 'print a new key for JOBLINE_BOOTSTRAP_KEY, without asking a gateway',
  help: `Usage: jobline keys generate

Prints a new random key and nothing else. It opens nothing until a gateway is started with it as JOBLINE_BOOTSTRAP_KEY.
`,
  options: {},
  async run(_, { write }) {
    write(`${keyText({ id: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64url') })}\n`);
    return 0;
  },
};

/** `jobline keys ...`. */
export const keysCommands: readonly Command[] = [keysCreate, keysList, keysRotate, keysRevoke, keysGenerate];
