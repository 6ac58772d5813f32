import { setTimeout as delay } from 'node:timers/promises';
import { adminCommand } from './mongo-wire.mjs';

/** Name of the replica set of every local MongoDB. */
export const REPLICA_SET = 'jobline';
const PRIMARY_MS = 60_000;
const NOT_INITIATED = 94;

/**
 * Waits until a server answers.
 * @param {number} port
 * @param {() => boolean} isAlive whether waiting makes sense
 * @param {number} timeoutMs
 * @returns {Promise<boolean>}
 */
export async function waitForAnswer(port, isAlive, timeoutMs) {
  const until = Date.now() + timeoutMs;
  while (isAlive() && Date.now() < until) {
    try {
      if ((await adminCommand(port, { ping: 1 }))['ok'] === 1) return true;
    } catch {
      // Not listening yet.
    }
    await delay(50);
  }
  return false;
}

/** @param {readonly number[]} ports */
function membersAt(ports) {
  return ports.map((port, id) => ({ _id: id, host: `127.0.0.1:${port}` }));
}

/** @param {Record<string, any>} answer @param {string} what */
function check(answer, what) {
  if (answer['ok'] !== 1) throw new Error(`${what} failed: ${answer['errmsg']} (code ${answer['code']})`);
  return answer;
}

/**
 * Makes servers that are new one replica set; does nothing when they are one.
 * @param {readonly number[]} ports
 */
async function initiate(ports) {
  const first = /** @type {number} */ (ports[0]);
  const status = await adminCommand(first, { replSetGetStatus: 1 });
  if (status['code'] !== NOT_INITIATED) return;
  const config = { _id: REPLICA_SET, members: membersAt(ports), settings: { electionTimeoutMillis: 2_000 } };
  check(await adminCommand(first, { replSetInitiate: config }), 'replSetInitiate');
}

/**
 * Writes new addresses of the members into the configuration that a server which runs alone (without --replSet) has
 * stored. A running member would first look for itself at its old address, where some other program may keep it waiting.
 * @param {number} port of that server
 * @param {readonly number[]} ports of all members
 */
export async function rewriteMembers(port, ports) {
  const hosts = membersAt(ports).map(({ _id, host }) => [`members.${_id}.host`, host]);
  const updates = [{ q: { _id: REPLICA_SET }, u: { $set: Object.fromEntries(hosts) } }];
  const answer = check(await adminCommand(port, { update: 'system.replset', updates, $db: 'local' }), 'Rewriting the replica set');
  if (answer['writeErrors']) throw new Error(`Rewriting the replica set failed: ${answer['writeErrors'][0].errmsg}`);
}

/** @param {number} port @returns {Promise<boolean>} */
async function isPrimary(port) {
  try {
    return (await adminCommand(port, { hello: 1 }))['isWritablePrimary'] === true;
  } catch {
    return false;
  }
}

/**
 * Makes the servers one replica set and waits until one of them takes writes.
 * @param {readonly number[]} ports
 * @throws Error when none does within a minute
 */
export async function formReplicaSet(ports) {
  await initiate(ports);
  await waitForPrimary(ports);
}

/**
 * @param {readonly number[]} ports
 * @throws Error when none is a writable primary within a minute
 */
export async function waitForPrimary(ports) {
  const until = Date.now() + PRIMARY_MS;
  while (!(await Promise.all(ports.map(isPrimary))).includes(true)) {
    if (Date.now() > until) throw new Error(`No writable primary among 127.0.0.1:${ports.join(', ')} within ${PRIMARY_MS / 1_000} s.`);
    await delay(50);
  }
}

/**
 * The connection string of such a replica set.
 * @param {readonly number[]} ports
 */
export function replicaSetUrl(ports) {
  return `mongodb://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/?replicaSet=${REPLICA_SET}`;
}
