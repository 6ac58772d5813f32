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
keys, then at one that does: with a key, without, and with a wrong one.

--minutes <n>   of generation, the same for each of the four (10)
--access <how>  none or keys: only that gateway
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
  readonly config: string;
  readonly args: readonly string[];
}

const bearer = (key: string) => ['--header', `Authorization: Bearer ${key}`];
const plain = (name: string, args: readonly string[]): Way => ({ name, config: 'schemathesis.toml', args });
/** Only what asks for a key. */
const refused = (name: string, args: readonly string[]): Way => {
  return { name, config: 'refused.toml', args: ['--include-path-regex', '^/(v1|jobs|generate-file)', ...args] };
};

const WAYS = {
  none: [plain('No keys', [])],
  keys: [plain('With a key', bearer(KEY)), refused('Without a key', []), refused('With another secret', bearer(newKey()))],
} as const;

type Access = keyof typeof WAYS;

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
  if (access !== undefined && access !== 'none' && access !== 'keys') throw new Error(`--access is "${access}"; allowed: none, keys`);
  const wanted: readonly Access[] = access === undefined ? ['none', 'keys'] : [access];
  const seconds = Math.round((whole('minutes', values.minutes) * 60) / wanted.flatMap((one) => WAYS[one]).length);
  return { seconds, access: wanted, seed: seed === undefined ? [] : ['--seed', String(whole('seed', seed, 0))], isHelp: values.help };
}

function run(program: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

/** The program in a virtual environment of its own, with every version pinned. @returns its path. */
function installed(): string {
  const folder = join(projectRoot(), '.jobline/cache/schemathesis-4.32.5');
  const done = join(folder, 'installed');
  if (!existsSync(done)) {
    rmSync(folder, { recursive: true, force: true });
    run('python3', ['-m', 'venv', folder]);
    run(join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', join(FOLDER, 'requirements.txt')]);
    writeFileSync(done, '');
  }
  return join(folder, 'bin/schemathesis');
}

function generated(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => child.once('error', reject).once('exit', (code) => resolve(code ?? 1)));
}

async function heldAgainst(access: Access, program: string, { seconds, seed }: Wish): Promise<number> {
  const system = await TestSystem.start({ env: { JOBLINE_JOB_TYPES: '', ...(access === 'keys' && WITH_KEYS) } });
  try {
    const how = ['--checks', 'all', '--max-time', String(seconds), '--continue-on-failure', ...seed];
    const codes: number[] = [];
    for (const { name, config, args } of WAYS[access]) {
      process.stderr.write(`${name}, ${seconds} s:\n`);
      const document = `${system.system.api}/openapi.json`;
      codes.push(await generated(program, ['--config-file', join(FOLDER, config), 'run', document, ...how, ...args]));
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
