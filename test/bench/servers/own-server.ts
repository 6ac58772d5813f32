import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../../support/eventually.ts';
import { localModule } from '../../support/local-stack.ts';

const START_MS = 60_000;

interface Keeper {
  acquire(): void;
  release(): Promise<void>;
  guardProcess(pid: number, how: { readonly level: 'server'; readonly graceMs: number }): Identity;
  forgetProcess(pid: number): void;
}

interface Identity {
  readonly pid: number;
  readonly startTime: string | undefined;
}

interface Processes {
  endProcess(identity: Identity, graceMs: number): Promise<void>;
  isRunning(identity: Identity): boolean;
}

/** Different free ports of the loopback interface. */
export async function freePorts(count: number): Promise<readonly number[]> {
  return (await localModule<{ freePorts(wanted: number): Promise<number[]> }>('ports.mjs')).freePorts(count);
}

/** A free port of the loopback interface. */
export async function freePort(): Promise<number> {
  return (await freePorts(1))[0]!;
}

/** How a server is started. */
export interface OwnServerOptions {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Whom it runs as, where it refuses to be root. */
  readonly user?: { readonly uid: number; readonly gid: number };
  answers(): Promise<boolean>;
}

/** A server of the bench: watched by the launcher's keeper, so that it never outlives the bench. */
export interface OwnServer {
  readonly pid: number;
  /** Kills it: its data go with its folder. */
  stop(): Promise<void>;
}

/** Starts a server and waits until it answers. @throws Error with the end of what it printed. */
export async function startOwnServer({ name, program, args, env, folder, user, answers }: OwnServerOptions): Promise<OwnServer> {
  const { keeper } = await localModule<{ keeper: Keeper }>('keeper.mjs');
  const { endProcess, isRunning } = await localModule<Processes>('processes.mjs');
  keeper.acquire();
  const file = join(folder, `${name}.out`);
  const output = openSync(file, 'a');
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', output, output],
    ...user,
  });
  closeSync(output);
  child.unref();
  await new Promise<void>((resolve, reject) => child.once('spawn', () => resolve()).once('error', reject));
  const identity = keeper.guardProcess(child.pid!, { level: 'server', graceMs: 0 });
  const stop = async () => {
    await endProcess(identity, 0);
    keeper.forgetProcess(identity.pid);
    await keeper.release();
  };
  try {
    await eventually(`${name} answers`, async () => !isRunning(identity) || (await answers()), START_MS);
    if (!isRunning(identity)) throw new Error(`${name} ended at its start.`);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}\n${readFileSync(file, 'utf8').split('\n').slice(-10).join('\n')}`);
  }
  return { pid: identity.pid, stop };
}
