import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../../../shared/runtime/project-root.ts';

/** What such a program has started. */
export interface Started {
  readonly folder: string;
  readonly pids: readonly number[];
}

/** Whether a process runs; one that ended and was not yet waited for does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** A program of its own that starts servers and waits, to be killed. */
export class ServerOwner {
  readonly #child: ChildProcess;
  readonly started: Promise<Started>;

  /** @param call an expression with `servers` (the module servers.mjs) that resolves to `{folder, pids}`. */
  constructor(call: string) {
    const module = pathToFileURL(join(projectRoot(), 'deploy/local/servers.mjs')).href;
    const code = `const servers = await import(${JSON.stringify(module)});
      console.log(JSON.stringify(await (${call})));
      setInterval(() => {}, 1000);`;
    this.#child = spawn(process.execPath, ['--input-type=module', '--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: this.#child.stdout! });
    this.started = Promise.race([
      once(lines, 'line').then(([line]) => JSON.parse(String(line)) as Started),
      once(this.#child, 'exit').then(([code]): never => {
        throw new Error(`The program ended with code ${code} before its servers ran`);
      }),
    ]);
  }

  /** Process id of the keeper, its child. */
  keeperPid(): number {
    const found = readdirSync('/proc').find((name) => {
      try {
        const isChild = new RegExp(`^PPid:\\s+${this.#child.pid}$`, 'm').test(readFileSync(`/proc/${name}/status`, 'utf8'));
        return isChild && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes('keeper-process');
      } catch {
        return false;
      }
    });
    if (!found) throw new Error('The program has no keeper');
    return Number(found);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
