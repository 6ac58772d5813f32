import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { keyText } from '../../shared/domain/api-key.ts';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import { whole } from '../bench/suite/option-values.ts';
import { TestSystem } from '../support/test-system.ts';

const USAGE = `npm run test:schemathesis -- [option ...]

Generates requests from /openapi.json and holds every answer of a running gateway against it: at a gateway that asks for no
keys, then at one that does: with a key, without, and with a wrong one; and last at the control plane of one that asks for none.

--minutes <n>   of generation, for each of these three, shared by its ways (10)
--access <how>  none, keys or admin: only that
--seed <n>      repeats a run
--help          this

Needs Python 3.10 or later with venv; the first run installs test/api/requirements.txt from PyPI into .jobline/cache.`;

const USAGE_ERROR = 64;
const FOLDER = join(projectRoot(), 'test/api');
const OPTIONS = {
  minutes: { type: 'string', default: '10' },
  access: { type: 'string' },
  seed: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

const ID = randomBytes(8).toString('hex');
const newKey = () => keyText({ id: ID, secret: randomBytes(32).toString('base64url') });
const KEY = newKey();
const WITH_KEYS = { JOBLINE_AUTH: 'keys', JOBLINE_KEY_PEPPER: randomBytes(33).toString('base64'), JOBLINE_BOOTSTRAP_KEY: KEY };

/** A way to ask: what is held against its answers, and what is said beside the document. */
interface Way {
  readonly name: string;
  readonly app?: 'admin';
  readonly config: string;
  readonly args: readonly string[];
}

const bearer = (key: string) => ['--header', `Authorization: Bearer ${key}`];
const plain = (name: string, args: readonly string[]): Way => ({ name, config: 'schemathesis.toml', args });
/** Only what asks for a key. */
const refused = (name: string, args: readonly string[]): Way => {
  return { name, config: 'refused.toml', args: ['--include-path-regex', '^/(v1/(?!downloads)|jobs|generate-file)', ...args] };
};

const WAYS = {
  none: [plain('No keys', [])],
  keys: [plain('With a key', bearer(KEY)), refused('Without a key', []), refused('With another secret', bearer(newKey()))],
  admin: [{ name: 'The control plane', app: 'admin', config: 'admin.toml', args: [] }],
} as const satisfies Readonly<Record<string, readonly Way[]>>;

type Access = keyof typeof WAYS;
const isAccess = (name: string): name is Access => Object.hasOwn(WAYS, name);

interface Wish {
  readonly seconds: number;
  readonly access: readonly Access[];
  readonly seed: readonly string[];
  readonly isHelp: boolean;
}

/** @throws Error for what cannot be understood. */
function wishOf(args: readonly string[]): Wish {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  const { access, seed } = values;
  if (access !== undefined && !isAccess(access)) throw new Error(`--access is "${access}"; allowed: ${Object.keys(WAYS).join(', ')}`);
  const wanted: readonly Access[] = access === undefined ? ['none', 'keys', 'admin'] : [access];
  return {
    seconds: whole('minutes', values.minutes) * 60,
    access: wanted,
    seed: seed === undefined ? [] : ['--seed', String(whole('seed', seed, 0))],
    isHelp: values.help,
  };
}

function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/** The program in a virtual environment of its own, with every version pinned. @returns the Python that has it: scripts name their folder, which may have moved. */
function installed(): string {
  const folder = join(projectRoot(), '.jobline/cache/schemathesis-4.32.5');
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    run('python3', ['-m', 'venv', folder]);
    run(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', join(FOLDER, 'requirements.txt')]);
    writeFileSync(done, '');
  }
  return join(folder, 'bin/python');
}

function generated(program: string, args: readonly string[]): Promise<number> {
  const env = { ...process.env, SCHEMATHESIS_HOOKS: join(FOLDER, 'hooks.py') };
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env });
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)));
}

async function heldAgainst(access: Access, program: string, { seconds, seed }: Wish): Promise<number> {
  const system = await TestSystem.start({ env: { JOBLINE_JOB_TYPES: '', ...(access === 'keys' && WITH_KEYS) } });
  try {
    const ways: readonly Way[] = WAYS[access];
    const each = Math.round(seconds / ways.length);
    const how = ['--checks', 'all', '--max-time', String(each), '--continue-on-failure', ...seed];
    const codes: number[] = [];
    for (const { name, app = 'api', config, args } of ways) {
      process.stderr.write(`${name}, ${each} s:\n`);
      const document = `${system.system[app]}/openapi.json`;
      codes.push(
        await generated(program, ['-m', 'schemathesis.cli', '--config-file', join(FOLDER, config), 'run', document, ...how, ...args]),
      );
    }
    return Math.max(...codes);
  } finally {
    await system.stop();
  }
}

async function main(): Promise<number> {
  let wish: Wish;
  try {
    wish = wishOf(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`);
    return USAGE_ERROR;
  }
  if (wish.isHelp) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const program = installed();
  const codes: number[] = [];
  for (const access of wish.access) codes.push(await heldAgainst(access, program, wish));
  return Math.max(...codes);
}

process.exit(await main());
