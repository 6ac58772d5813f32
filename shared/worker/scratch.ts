import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Service } from '../ports/service.ts';

const PREFIX = 'jobline-scratch-';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Folders of one task. */
export interface TaskFolders {
  readonly root: string;
  readonly inDir: string;
  readonly outDir: string;
}

/**
 * This process's scratch folder, named after host and process id: a start removes what processes that died have left.
 * Its name in the parent folder: `jobline-scratch-<host>-<pid>-<random>`.
 */
export class Scratch implements Service {
  readonly name = 'scratch';
  readonly #parent: string;
  #root: string | undefined;

  constructor(parent: string) {
    this.#parent = parent;
  }

  async start(): Promise<void> {
    await mkdir(this.#parent, { recursive: true });
    await this.#removeLeftovers();
    this.#root = await mkdtemp(join(this.#parent, `${PREFIX}${hostname()}-${process.pid}-`));
  }

  async stop(): Promise<void> {
    if (this.#root !== undefined) await rm(this.#root, { recursive: true, force: true });
    this.#root = undefined;
  }

  /** Makes the folders of one task. @throws ErrnoException, e.g. ENOSPC. */
  async createTask(name: string): Promise<TaskFolders> {
    if (this.#root === undefined) throw new Error('The scratch folder is not open.');
    const root = await mkdtemp(join(this.#root, `${name}-`));
    const folders = { root, inDir: join(root, 'in'), outDir: join(root, 'out') };
    await mkdir(folders.inDir);
    await mkdir(folders.outDir);
    return folders;
  }

  async removeTask(folders: TaskFolders): Promise<void> {
    await rm(folders.root, { recursive: true, force: true });
  }

  async #removeLeftovers(): Promise<void> {
    const mine = `${PREFIX}${hostname()}-`;
    for (const name of await readdir(this.#parent)) {
      const pid = name.startsWith(mine) ? Number(name.slice(mine.length).split('-')[0]) : Number.NaN;
      if (Number.isInteger(pid) && (pid === process.pid || !isAlive(pid)))
        await rm(join(this.#parent, name), { recursive: true, force: true });
    }
  }
}
