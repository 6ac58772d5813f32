import { join } from 'node:path';
import { makeTemporaryFolder, sweepTemporaryFolders } from './folders.mjs';
import { findMongod } from './install/find-mongod.mjs';
import { formReplicaSet, replicaSetUrl, waitForPrimary } from './mongo-replica-set.mjs';
import { DockerMongod } from './mongodb-docker.mjs';
import { ProgramMongod } from './mongodb-program.mjs';
import { logToStderr } from './rabbitmq.mjs';

/** @typedef {ProgramMongod | DockerMongod} Member */

const MOST_MEMBERS = 3;
const PORT_TRIES = 4;

/** A MongoDB replica set of our own: one member, or three. */
class LocalMongodb {
  isExternal = false;
  #members;

  /** @param {string} folder @param {readonly Member[]} members */
  constructor(folder, members) {
    this.folder = folder;
    this.#members = members;
  }

  get url() {
    return replicaSetUrl(this.#ports);
  }

  get #ports() {
    return this.#members.map(({ port }) => port);
  }

  /** Its members; each can be stopped, killed and started again by itself. */
  get members() {
    return this.#members;
  }

  /** Process id of the first member, undefined while it is down. */
  get pid() {
    return this.#members[0]?.pid;
  }

  /** Process ids of all members that run. */
  get pids() {
    return this.#members.flatMap(({ pid }) => pid ?? []);
  }

  get logFile() {
    return this.#members[0]?.logFile ?? '';
  }

  async open() {
    try {
      await this.#each((member) => member.open());
      await this.#startOnFreePorts();
      await formReplicaSet(this.#ports);
    } catch (error) {
      await this.dispose();
      throw error;
    }
  }

  /** @param {(member: Member) => Promise<unknown>} action */
  async #each(action) {
    await Promise.all(this.#members.map(action));
  }

  async #startOnFreePorts() {
    for (let tries = 1; ; tries += 1) {
      await this.#each((member) => member.choosePort(tries > 1));
      try {
        await this.#each((member) => member.learnMembers(this.#ports));
        return await this.#each((member) => member.start());
      } catch (error) {
        await this.kill();
        if (tries === PORT_TRIES || !this.#members.some(({ isPortTaken }) => isPortTaken)) throw error;
      }
    }
  }

  /** Stops all members in order (SIGTERM); their data stay, and `restart` brings them back. */
  async stop() {
    await this.#each((member) => member.stop());
  }

  /** Kills one member, or all, with SIGKILL; `restart` brings them back. @param {number} [index] */
  async kill(index) {
    const chosen = index === undefined ? this.#members : this.#members.slice(index, index + 1);
    await Promise.all(chosen.map((member) => member.kill()));
  }

  /** Starts all members again on the same ports and data, stopping them first if they run, and waits for a primary. */
  async restart() {
    await this.stop();
    await this.#each((member) => member.start());
    await waitForPrimary(this.#ports);
  }

  /** Ends it for good: temporary members are killed and their folders removed, others are stopped in order. */
  async dispose() {
    await this.#each((member) => member.dispose());
  }
}

/**
 * Starts a MongoDB replica set of our own and waits until it takes writes. See servers.d.mts.
 * @param {{ folder?: string, temporary?: boolean, members?: number, cacheGb?: number, parameters?: readonly string[],
 *   log?: (line: string) => void }} [options]
 *   `folder` is made when missing, and by default is a temporary one; `members`: 1 (default) to 3; `cacheGb`: WiredTiger's
 *   cache of each, in GB, default 0.25; `parameters`: server parameters such as `enableTestCommands=1`.
 * @returns {Promise<LocalMongodb>}
 * @throws Error when there is none and none can be fetched, or when it does not start (with the end of its log)
 */
export async function startMongodb({
  folder,
  temporary = folder === undefined,
  members = 1,
  cacheGb = 0.25,
  parameters = [],
  log = logToStderr,
} = {}) {
  if (!Number.isInteger(members) || members < 1 || members > MOST_MEMBERS) {
    throw new RangeError(`mongoMembers is ${members}; it must be a whole number from 1 to ${MOST_MEMBERS}.`);
  }
  await sweepTemporaryFolders();
  const found = await findMongod(log);
  const made = Array.from({ length: members }, (_, index) => {
    const own = folder === undefined ? makeTemporaryFolder('mongodb') : join(folder, members === 1 ? '' : String(index));
    const common = { folder: own, isTemporary: temporary, cacheGb, parameters, log };
    return found.kind === 'docker' ? new DockerMongod({ image: found.image, ...common }) : new ProgramMongod({ program: found, ...common });
  });
  const mongodb = new LocalMongodb(folder ?? /** @type {Member} */ (made[0]).folder, made);
  await mongodb.open();
  return mongodb;
}
