import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MongoClient } from 'mongodb';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { eventually } from '../eventually.ts';
import { localModule, localServers } from '../local-stack.ts';
import type { ComposeDocument } from './compose-document.ts';

const run = promisify(execFile);

/** The two servers of docker-compose.yml on ports of this machine, as their images leave them: an administrator, and no more. */
export interface ComposeServers {
  /** Text of an environment with the servers' names and ports replaced by where they are. */
  located(text: string): string;
  stop(): Promise<void>;
}

interface MongodProgram {
  readonly kind: 'program' | 'docker';
  readonly mongod: string;
  readonly env: Readonly<Record<string, string>>;
}

/** deploy/rabbitmq/rabbitmq.conf without comments, and without where the log goes: that is the local stack's own. */
function brokerConfig(): readonly string[] {
  const lines = readFileSync(join(projectRoot(), 'deploy/rabbitmq/rabbitmq.conf'), 'utf8').split('\n');
  return lines.filter((line) => /^[a-z]/.test(line) && !/^log\.console = /.test(line));
}

async function startBroker({ services }: ComposeDocument) {
  const { startRabbitmq } = await localServers();
  const broker = await startRabbitmq({ config: brokerConfig(), log: () => undefined });
  const { RABBITMQ_DEFAULT_USER: user, RABBITMQ_DEFAULT_PASS: password } = services['rabbitmq']!.environment!;
  await broker.ctl(['add_user', user!, password!]);
  await broker.ctl(['set_user_tags', user!, 'administrator']);
  await broker.ctl(['set_permissions', user!, '.*', '.*', '.*']);
  return broker;
}

/** A mongod, started as docker-compose.yml and the image's entrypoint do: first alone to make the administrator, then for good. */
class ComposeMongod {
  readonly #compose: ComposeDocument;
  readonly #folder: string;
  readonly #program: MongodProgram;
  readonly #port: number;
  #process: ChildProcess | undefined;

  constructor(compose: ComposeDocument, folder: string, program: MongodProgram, port: number) {
    this.#compose = compose;
    this.#folder = folder;
    this.#program = program;
    this.#port = port;
  }

  async start(): Promise<void> {
    const { command, environment } = this.#compose.services['mongodb']!;
    const [, keyLine, options] = /\n(.*\/tmp\/keyfile)\nexec docker-entrypoint\.sh mongod (.*)\n/s.exec(command![0]!)!;
    const keyFile = join(this.#folder, 'keyfile');
    mkdirSync(join(this.#folder, 'data'));
    await run('bash', ['-euc', keyLine!.replace('/tmp/keyfile', keyFile)]);
    chmodSync(keyFile, 0o400);
    await this.#run([]);
    const { MONGO_INITDB_ROOT_USERNAME: user, MONGO_INITDB_ROOT_PASSWORD: pwd } = environment!;
    await this.#command({ createUser: user, pwd, roles: ['root'] });
    // In order: a kill may lose what the journal does not hold yet.
    await this.stop('SIGTERM');
    const own = options!.replace('/tmp/keyfile', keyFile).replace('--bind_ip_all', '').split(/\s+/);
    await this.#run(own.filter((option) => option !== ''));
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#process) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill(signal);
    await exited;
    this.#process = undefined;
  }

  async #run(options: readonly string[]): Promise<void> {
    const where = ['--bind_ip', '127.0.0.1', '--port', String(this.#port), '--dbpath', join(this.#folder, 'data'), '--nounixsocket'];
    const output = openSync(join(this.#folder, 'mongod.log'), 'a');
    const env = { ...process.env, ...this.#program.env };
    this.#process = spawn(this.#program.mongod, [...where, ...options], { env, stdio: ['ignore', output, output] });
    closeSync(output);
    await eventually(
      'mongod answers',
      () =>
        this.#command({ hello: 1 }).then(
          () => true,
          () => false,
        ),
      30_000,
    );
  }

  async #command(command: object): Promise<void> {
    const client = new MongoClient(`mongodb://127.0.0.1:${this.#port}/?directConnection=true`, { serverSelectionTimeoutMS: 1_000 });
    try {
      await client.db('admin').command(command);
    } finally {
      await client.close();
    }
  }
}

/** Starts both. @param folder for what they keep */
export async function startComposeServers(compose: ComposeDocument, folder: string): Promise<ComposeServers> {
  const { findMongod } = await localModule<{ findMongod(log: () => void): Promise<MongodProgram> }>('install/find-mongod.mjs');
  const { freePorts } = await localModule<{ freePorts(count: number): Promise<number[]> }>('ports.mjs');
  const program = await findMongod(() => undefined);
  if (program.kind !== 'program') throw new Error('This test needs mongod as a program.');
  const [port] = await freePorts(1);
  const mongod = new ComposeMongod(compose, folder, program, port!);
  const broker = await startBroker(compose);
  const stop = async (): Promise<void> => {
    await Promise.all([broker.dispose(), mongod.stop()]);
  };
  await mongod.start().catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const places = { 'rabbitmq:5672': broker.port, 'rabbitmq:15672': broker.managementPort, 'mongodb:27017': port };
  const located = (text: string): string =>
    Object.entries(places).reduce((result, [place, at]) => result.replaceAll(`@${place}`, `@127.0.0.1:${at}`), text);
  return { located, stop };
}
