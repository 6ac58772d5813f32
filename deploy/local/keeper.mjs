import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { identityOf } from './processes.mjs';

/** @typedef {import('./processes.mjs').Identity} Identity */

const PROGRAM = fileURLToPath(new URL('./keeper-process.mjs', import.meta.url));

/**
 * Looks after what must not outlive this process: processes (services end before servers), containers, temporary
 * folders. It is a small process of its own at the end of a pipe: when this process is gone, however it went, the pipe
 * closes and the keeper ends what is left.
 */
export class Keeper {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  #users = 0;

  /** Starts the keeper unless it runs. */
  #open() {
    if (this.#child && this.#child.exitCode === null && this.#child.signalCode === null) return this.#child;
    const child = spawn(process.execPath, [PROGRAM], { detached: true, stdio: ['pipe', 'ignore', 'inherit'], cwd: '/' });
    child.stdin.on('error', () => {});
    child.unref();
    /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (child.stdin)).unref();
    this.#child = child;
    return child;
  }

  /** @param {object} order */
  #tell(order) {
    this.#open().stdin?.write(`${JSON.stringify(order)}\n`);
  }

  /** One more part of the program needs the keeper; each `acquire` needs one `release`. */
  acquire() {
    this.#users += 1;
    this.#open();
  }

  /** The last one to release ends the keeper, after it has ended what is still guarded. */
  async release() {
    this.#users -= 1;
    const child = this.#child;
    if (this.#users > 0 || !child) return;
    this.#child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
  }

  /**
   * @param {number} pid
   * @param {{ level: 'service' | 'server' | 'helper', graceMs: number }} how
   * @returns {Identity}
   */
  guardProcess(pid, how) {
    const identity = identityOf(pid);
    this.#tell({ do: 'guard', key: `process ${pid}`, ...identity, ...how });
    return identity;
  }

  /** @param {number} pid */
  forgetProcess(pid) {
    this.#tell({ do: 'forget', key: `process ${pid}` });
  }

  /** @param {string} path of a temporary folder or file to remove */
  guardPath(path) {
    this.#tell({ do: 'guard', key: `path ${path}`, path });
  }

  /** @param {string} path */
  forgetPath(path) {
    this.#tell({ do: 'forget', key: `path ${path}` });
  }

  /** @param {string} container a Docker container to stop, and to remove when it `isTemporary` @param {boolean} isTemporary */
  guardContainer(container, isTemporary) {
    this.#tell({ do: 'guard', key: `container ${container}`, container, isTemporary });
  }

  /** @param {string} container */
  forgetContainer(container) {
    this.#tell({ do: 'forget', key: `container ${container}` });
  }
}

/** The keeper of this process. One is enough for all stacks that it starts. */
export const keeper = new Keeper();
