import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DockerContainer } from './docker-container.mjs';
import { removeFolder, takeLock } from './folders.mjs';
import { keeper } from './keeper.mjs';
import { settingsIn, writeConfig } from './rabbitmq-config.mjs';
import { managementAnswers, speaksAmqp } from './rabbitmq-probe.mjs';

/** @typedef {import('./rabbitmq-config.mjs').RabbitmqSettings} RabbitmqSettings */

const START_MS = 120_000;
const NODE = 'rabbit@localhost';

/** A RabbitMQ in a container: the same as ProgramRabbitmq where there is a Docker engine and no RabbitMQ. */
export class DockerRabbitmq {
  isExternal = false;
  #image;
  #isTemporary;
  #config;
  /** @type {RabbitmqSettings} */
  #settings = /** @type {any} */ (undefined);
  /** @type {DockerContainer} */
  #container = /** @type {any} */ (undefined);
  /** @type {() => void} */
  #unlock = () => {};

  /** @param {{ image: string, folder: string, isTemporary: boolean, config: readonly string[] }} options */
  constructor({ image, folder, isTemporary, config }) {
    this.folder = folder;
    this.#image = image;
    this.#isTemporary = isTemporary;
    this.#config = config;
  }

  /** Process id of the container's first process on this machine. */
  get pid() {
    return this.#container.pid;
  }

  get url() {
    return `amqp://${this.user}:${this.password}@127.0.0.1:${this.port}/`;
  }

  get port() {
    return this.#settings.ports.amqp;
  }

  get managementPort() {
    return this.#settings.ports.management;
  }

  get managementUrl() {
    return `http://127.0.0.1:${this.managementPort}`;
  }

  get managementApi() {
    return `http://${this.user}:${this.password}@127.0.0.1:${this.managementPort}`;
  }

  get user() {
    return this.#settings.user;
  }

  get password() {
    return this.#settings.password;
  }

  get nodeName() {
    return NODE;
  }

  get logFile() {
    return `docker logs ${this.#name}`;
  }

  get #name() {
    return `jobline-rabbitmq-${this.#settings.nodeName.replace(/^jobline-|@.*$/g, '')}`;
  }

  async open() {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#unlock = await takeLock(join(this.folder, 'lock'));
    keeper.acquire();
    if (this.#isTemporary) keeper.guardPath(this.folder);
    // The container keeps the ports it was made with.
    this.#settings = await settingsIn(this.folder, { newPorts: false });
    writeConfig(this.folder, this.#settings, this.#config);
    this.#container = new DockerContainer({ name: this.#name, isTemporary: this.#isTemporary, runArguments: this.#runArguments() });
    try {
      await this.#start();
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }

  #runArguments() {
    const { ports, user, password } = this.#settings;
    const published = [`127.0.0.1:${ports.amqp}:5672`, `127.0.0.1:${ports.management}:15672`].flatMap((one) => ['-p', one]);
    const env = [`RABBITMQ_DEFAULT_USER=${user}`, `RABBITMQ_DEFAULT_PASS=${password}`, `RABBITMQ_NODENAME=${NODE}`];
    return [...published, ...env.flatMap((one) => ['-e', one]), this.#image];
  }

  async #start() {
    await this.#container.start();
    const until = Date.now() + START_MS;
    while (!((await speaksAmqp(this.port)) && (await managementAnswers(this.#settings)))) {
      if (Date.now() > until)
        throw new Error(`RabbitMQ in Docker was not ready within ${START_MS / 1_000} s:\n${await this.#container.tail()}`);
      await delay(200);
    }
  }

  async stop() {
    await this.#container.stop();
  }

  async kill() {
    await this.#container.kill();
  }

  async restart() {
    await this.stop();
    await this.#start();
  }

  /** @param {readonly string[]} args @returns {Promise<string>} */
  async ctl(args) {
    return this.#container.exec(['rabbitmqctl', '-q', ...args]);
  }

  async dispose() {
    await this.#container.dispose();
    this.#unlock();
    if (this.#isTemporary) {
      removeFolder(this.folder);
      keeper.forgetPath(this.folder);
    }
    await keeper.release();
  }
}
