import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DockerContainer } from './docker-container.mjs';
import { readJson, removeFolder, takeLock, writeJson } from './folders.mjs';
import { keeper } from './keeper.mjs';
import { REPLICA_SET, waitForAnswer } from './mongo-replica-set.mjs';
import { freePorts } from './ports.mjs';

const START_MS = 60_000;

/** A mongod in a container: the same as ProgramMongod where there is a Docker engine and no mongod. */
export class DockerMongod {
  #image;
  #isTemporary;
  #cacheGb;
  #parameters;
  /** @type {DockerContainer} */
  #container = /** @type {any} */ (undefined);
  /** @type {() => void} */
  #unlock = () => {};
  #name = '';
  port = 0;

  /** @param {{ image: string, folder: string, isTemporary: boolean, cacheGb: number, parameters: readonly string[] }} options */
  constructor({ image, folder, isTemporary, cacheGb, parameters }) {
    this.folder = folder;
    this.#image = image;
    this.#isTemporary = isTemporary;
    this.#cacheGb = cacheGb;
    this.#parameters = parameters;
  }

  /** Process id of the container's first process on this machine. */
  get pid() {
    return this.#container.pid;
  }

  get logFile() {
    return `docker logs ${this.#name}`;
  }

  async open() {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    this.#unlock = await takeLock(join(this.folder, 'lock'));
    keeper.acquire();
    if (this.#isTemporary) keeper.guardPath(this.folder);
    const file = join(this.folder, 'settings.json');
    const known = readJson(file) ?? { port: (await freePorts(1))[0], name: `jobline-mongodb-${randomBytes(4).toString('hex')}` };
    writeJson(file, known);
    this.port = known.port;
    this.#name = known.name;
    this.#container = new DockerContainer({ name: this.#name, isTemporary: this.#isTemporary, runArguments: this.#runArguments() });
  }

  /** The container keeps the port it was made with. */
  async choosePort() {}

  /** With its port each member keeps its address. */
  async learnMembers() {}

  isPortTaken = false;

  #runArguments() {
    // On the host's network the member knows itself by the address that clients use.
    const options = ['--network', 'host', this.#image, 'mongod', '--replSet', REPLICA_SET, '--bind_ip', '127.0.0.1'];
    const parameters = this.#parameters.flatMap((one) => ['--setParameter', one]);
    return [...options, '--port', String(this.port), '--wiredTigerCacheSizeGB', String(this.#cacheGb), ...parameters];
  }

  async start() {
    await this.#container.start();
    if (await waitForAnswer(this.port, () => true, START_MS)) return;
    throw new Error(`mongod in Docker did not answer within ${START_MS / 1_000} s:\n${await this.#container.tail()}`);
  }

  async stop() {
    await this.#container.stop();
  }

  async kill() {
    await this.#container.kill();
  }

  async dispose() {
    await this.#container?.dispose();
    this.#unlock();
    if (this.#isTemporary) {
      removeFolder(this.folder);
      keeper.forgetPath(this.folder);
    }
    await keeper.release();
  }
}
