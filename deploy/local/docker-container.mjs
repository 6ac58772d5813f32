import { docker } from './install/docker.mjs';
import { keeper } from './keeper.mjs';
import { run } from './processes.mjs';

/** A container of our own with ports of the loopback interface; kept between starts unless it is temporary. */
export class DockerContainer {
  #name;
  #isTemporary;
  #runArguments;

  /** @param {{ name: string, isTemporary: boolean, runArguments: readonly string[] }} options `runArguments`: options, image, command */
  constructor({ name, isTemporary, runArguments }) {
    this.#name = name;
    this.#isTemporary = isTemporary;
    this.#runArguments = runArguments;
    /** @type {number | undefined} */
    this.pid = undefined;
  }

  /** Starts the container, making it the first time. */
  async start() {
    keeper.guardContainer(this.#name, this.#isTemporary);
    const exists = (await run('docker', ['container', 'inspect', this.#name])).code === 0;
    if (exists) await docker(['start', this.#name]);
    else await docker(['run', '-d', '--name', this.#name, ...this.#runArguments]);
    this.pid = Number(await docker(['inspect', '--format', '{{.State.Pid}}', this.#name]));
  }

  async stop() {
    if (this.pid !== undefined) await docker(['stop', '-t', '30', this.#name]);
    this.pid = undefined;
  }

  async kill() {
    if (this.pid !== undefined) await docker(['kill', this.#name]);
    this.pid = undefined;
  }

  /** @param {readonly string[]} command @returns {Promise<string>} */
  exec(command) {
    return docker(['exec', this.#name, ...command]);
  }

  /** The last lines that its program printed. */
  async tail() {
    return (await run('docker', ['logs', '--tail', '10', this.#name])).output;
  }

  /** Removes a temporary container, stops another. */
  async dispose() {
    if (this.#isTemporary) await run('docker', ['rm', '-f', '-v', this.#name]);
    else await this.stop();
    this.pid = undefined;
    keeper.forgetContainer(this.#name);
  }
}
