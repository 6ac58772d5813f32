import { randomBytes } from 'node:crypto';
import { SCOPES } from '../../../shared/domain/access.ts';
import { keyText } from '../../../shared/domain/api-key.ts';
import { ADMIN_EXIT_CODES_HELP, ADMIN_OPTIONS, ADMIN_OPTIONS_HELP, adminApi } from '../admin-api.ts';
import { type Command, type OptionValues, type Terminal, UsageError } from '../command.ts';
import { ageText } from '../moments.ts';
import { neededOption, STRING, textOption, wholeOption } from '../option-values.ts';
import { printAnswer } from '../print.ts';
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

const SHARED_HELP = `${ADMIN_OPTIONS_HELP}${ADMIN_EXIT_CODES_HELP}`;

function scopesOf(text: string): readonly string[] {
  const scopes = text.split(',').map((scope) => scope.trim());
  const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown.length > 0) throw new UsageError(`--scopes has ${unknown.join(', ')}; there are ${SCOPES.join(', ')}.`);
  return scopes;
}

/** The key itself on the output, so that it can be piped into a secret store; what there is to know on the error output. */
function printIssued(key: KeyView, values: OptionValues, { write, writeError }: Terminal): number {
  write(values['json'] === true ? `${JSON.stringify(key, undefined, 2)}\n` : `${key.key}\n`);
  const old =
    key.old_secret_until === undefined
      ? ''
      : ` Every gateway knows it within 5 s. The old secret stays good until ${key.old_secret_until}.`;
  writeError(`Key ${key.key_id} of tenant ${key.tenant} (${key.scopes.join(', ')}). It is not shown again.${old}\n`);
  return 0;
}

const keysCreate: Command = {
  name: 'keys create',
  summary: 'make an API key and print it, once',
  help: `Usage: jobline keys create --name NAME --scopes SCOPES [options]

  --name NAME        who or what it is for
  --scopes SCOPES    what it may do, separated by commas:
                     ${SCOPES.join(', ')}
  --tenant TENANT    whose jobs it is about; default: default
  --expires-in-days DAYS
                     1 to 3650; default: never
${SHARED_HELP}
Example:
  jobline keys create --name shop --scopes submit,read --expires-in-days 90
`,
  options: { ...ADMIN_OPTIONS, name: STRING, scopes: STRING, tenant: STRING, 'expires-in-days': STRING },
  async run(values, terminal) {
    const wish = {
      name: neededOption(values, 'name'),
      scopes: scopesOf(neededOption(values, 'scopes')),
      tenant: values['tenant'],
      expires_in_days: wholeOption(values, 'expires-in-days', 1, 3_650),
    };
    return printIssued(await adminApi(values, terminal).request<KeyView>('POST', '/admin/v1/keys', wish), values, terminal);
  },
};

const keysList: Command = {
  name: 'keys list',
  summary: 'list API keys, newest first, without their secrets',
  help: `Usage: jobline keys list [--tenant TENANT] [options]

  --tenant TENANT    those of one tenant
${SHARED_HELP}
Example:
  jobline keys list --tenant default
`,
  options: { ...ADMIN_OPTIONS, tenant: STRING },
  async run(values, terminal) {
    const api = adminApi(values, terminal);
    const keys: KeyView[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const query = new URLSearchParams({ limit: '200' });
      if (token !== '') query.set('page_token', token);
      const tenant = textOption(values, 'tenant');
      if (tenant !== undefined) query.set('tenant', tenant);
      const page: { keys: KeyView[]; next_page_token?: string } = await api.request('GET', `/admin/v1/keys?${query}`);
      keys.push(...page.keys);
      token = page.next_page_token;
    }
    return printAnswer({ keys }, () => listText(keys, terminal), values, terminal);
  },
};

function listText(keys: readonly KeyView[], terminal: Terminal): string {
  if (keys.length === 0) return 'There are no keys.\n';
  const rows = keys.map(({ key_id, state, tenant, scopes, last_used_at, name }) => {
    const used = last_used_at === undefined ? 'never' : `${ageText(last_used_at)} ago`;
    return [key_id, state, tenant, used, `${name} (${scopes.join(', ')})`];
  });
  return tableOf([['id', 'state', 'tenant', 'used', 'name (scopes)'], ...rows], terminal);
}

const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'give an API key a new secret and print it, once',
  help: `Usage: jobline keys rotate --id ID [--overlap SECONDS] [options]

  --id ID            of the key, as keys list shows it
  --overlap SECONDS  how long the old secret stays good, 0 to 2592000;
                     default 86400 (a day)
${SHARED_HELP}
Example:
  jobline keys rotate --id 1f2e3d4c5b6a7980 --overlap 3600
`,
  options: { ...ADMIN_OPTIONS, id: STRING, overlap: STRING },
  async run(values, terminal) {
    const path = `/admin/v1/keys/${encodeURIComponent(neededOption(values, 'id'))}/rotate`;
    const request = { overlap_seconds: wholeOption(values, 'overlap', 0, 2_592_000) };
    return printIssued(await adminApi(values, terminal).request<KeyView>('POST', path, request), values, terminal);
  },
};

const keysRevoke: Command = {
  name: 'keys revoke',
  summary: 'make an API key void, at every gateway within 5 s',
  help: `Usage: jobline keys revoke --id ID [options]

  --id ID            of the key, as keys list shows it
${SHARED_HELP}
Example:
  jobline keys revoke --id 1f2e3d4c5b6a7980
`,
  options: { ...ADMIN_OPTIONS, id: STRING },
  async run(values, terminal) {
    const id = neededOption(values, 'id');
    const key = await adminApi(values, terminal).request<KeyView>('POST', `/admin/v1/keys/${encodeURIComponent(id)}/revoke`);
    return printAnswer(key, ({ key_id, state }) => `Key ${key_id} is ${state}.\n`, values, terminal);
  },
};

const keysGenerate: Command = {
  name: 'keys generate',
  summary: 'print a new key for JOBLINE_BOOTSTRAP_KEY',
  help: `Usage: jobline keys generate

Prints a new random key and nothing else. It opens nothing until a gateway is
started with it as JOBLINE_BOOTSTRAP_KEY.

  --json             print it as {"key": "..."}

Example:
  jobline keys generate
`,
  options: { json: { type: 'boolean' } },
  async run(values, terminal) {
    const key = keyText({ id: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64url') });
    return printAnswer({ key }, () => `${key}\n`, values, terminal);
  },
};

/** `jobline keys ...`. */
export const keysCommands: readonly Command[] = [keysCreate, keysList, keysRotate, keysRevoke, keysGenerate];
