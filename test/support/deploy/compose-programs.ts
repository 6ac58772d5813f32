import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { eventually } from '../eventually.ts';
import { localModule } from '../local-stack.ts';
import type { ComposeDocument } from './compose-document.ts';
import type { ComposeServers } from './compose-servers.ts';

const run = promisify(execFile);

/** A service of docker-compose.yml as a process of this machine. */
export interface RunningService {
  readonly env: Readonly<Record<string, string>>;
  /** Sends SIGTERM. @returns the exit code */
  stop(): Promise<number | null>;
  /** What it printed. */
  log(): string;
}

/** Runs the programs of docker-compose.yml as it says, with processes in place of containers. */
export class ComposePrograms {
  readonly #compose: ComposeDocument;
  readonly #servers: ComposeServers;
  readonly #scratch: string;
  readonly #running = new Set<ChildProcess>();

  constructor(compose: ComposeDocument, servers: ComposeServers, scratch: string) {
    this.#compose = compose;
    this.#servers = servers;
    this.#scratch = scratch;
  }

  /** What a service is told, with addresses and ports of this machine in place of those of the containers. */
  async environment(name: string): Promise<Readonly<Record<string, string>>> {
    const { freePorts } = await localModule<{ freePorts(count: number): Promise<number[]> }>('ports.mjs');
    const ports = await freePorts(3);
    const told = Object.entries(this.#compose.services[name]!.environment!).map(([key, value]) => {
      const index = ['HEALTH_PORT', 'PORT', 'ADMIN_PORT'].indexOf(key);
      if (index >= 0) return [key, String(ports[index])];
      if (key === 'SCRATCH_DIR') return [key, this.#scratch];
      return [key, /HOST$/.test(key) ? '127.0.0.1' : this.#servers.located(value)];
    });
    return { ...Object.fromEntries(told), PATH: process.env['PATH'] };
  }

  /** Runs one that ends. @returns exit code and what it printed */
  async runToEnd(name: string, more: Readonly<Record<string, string>> = {}): Promise<{ code: number; output: string }> {
    const env = { ...(await this.environment(name)), ...more };
    return run(process.execPath, this.#command(name), { env, cwd: projectRoot() }).then(
      ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
      (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, output: error.stdout + error.stderr }),
    );
  }

  /** Starts one that stays up and waits until its health check is content. */
  async start(name: string): Promise<RunningService> {
    const env = await this.environment(name);
    const child = spawn(process.execPath, this.#command(name), { env, cwd: projectRoot(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#running.add(child);
    let log = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (log += chunk.toString()));
    const check = this.#compose.services[name]!.healthcheck!.test!.slice(2);
    const isReady = (): Promise<boolean> =>
      run(process.execPath, check, { env }).then(
        () => true,
        () => false,
      );
    await eventually(`${name} is ready`, async () => child.exitCode !== null || isReady(), 60_000);
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}:\n${log}`);
    return { env, log: () => log, stop: () => this.#stop(child) };
  }

  /** Ends whatever still runs. */
  async killAll(): Promise<void> {
    await Promise.all(
      [...this.#running].map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }),
    );
  }

  async #stop(child: ChildProcess): Promise<number | null> {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    await exited;
    return child.exitCode;
  }

  #command(name: string): string[] {
    const [, ...given] = this.#compose.services[name]!.command!;
    return given.map((argument) => (argument.startsWith('dist/') ? join(projectRoot(), argument) : argument));
  }
}
