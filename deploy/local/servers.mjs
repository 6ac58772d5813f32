import { join } from 'node:path';
import { makeTemporaryFolder, removeFolder } from './folders.mjs';
import { keeper } from './keeper.mjs';
import { startMongodb } from './mongodb.mjs';
import { logToStderr, startRabbitmq, startRabbitmqCluster } from './rabbitmq.mjs';

export { startMongodb, startRabbitmq, startRabbitmqCluster };

/** Members of each server in a cluster: with three, one may be away. */
const CLUSTER_SIZE = 3;

/**
 * @param {string | undefined} text JOBLINE_STACK
 * @returns {boolean} whether both servers are to have several members
 * @throws Error for a word that means nothing
 */
function isCluster(text) {
  if (text === undefined || ['', 'single', 'cluster'].includes(text)) return text === 'cluster';
  throw new Error(`JOBLINE_STACK is ${JSON.stringify(text)}; it must be single or cluster.`);
}

const nothing = async () => {};

/** @param {string} url @param {string | undefined} managementApi */
function externalRabbitmq(url, managementApi) {
  // Of several nodes the first stands for all where one has to do.
  const { username, password, host } = new URL(/** @type {string} */ (url.split(/,\s*(?=amqps?:)/)[0]));
  const plain = managementApi && new URL(/** @type {string} */ (managementApi.split(/,\s*(?=https?:)/)[0]));
  const cannot = async () => {
    throw new Error(`RabbitMQ at ${host} was not started here (RABBITMQ_URL is set), so it is not killed, restarted or commanded here.`);
  };
  return {
    isExternal: true,
    url,
    managementApi,
    managementUrl: plain ? `${plain.protocol}//${plain.host}` : undefined,
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    pid: undefined,
    stop: nothing,
    dispose: nothing,
    kill: cannot,
    restart: cannot,
    ctl: cannot,
  };
}

/** @param {string} url */
function externalMongodb(url) {
  const cannot = async () => {
    throw new Error('MongoDB was not started here (MONGODB_URL is set), so it is not killed or restarted here.');
  };
  return { isExternal: true, url, pid: undefined, pids: [], stop: nothing, dispose: nothing, kill: cannot, restart: cannot };
}

/**
 * Starts RabbitMQ and MongoDB together, or takes those that RABBITMQ_URL and MONGODB_URL name. See servers.d.mts.
 * With JOBLINE_STACK=cluster in `env` each has three members.
 * @param {{ folder?: string, temporary?: boolean, mongoMembers?: number | undefined, mongoParameters?: readonly string[],
 *   log?: (line: string) => void, env?: NodeJS.ProcessEnv }} [options]
 */
export async function startServers(options = {}) {
  const { folder, temporary = folder === undefined, mongoMembers, mongoParameters = [], log = logToStderr, env = process.env } = options;
  const base = folder ?? makeTemporaryFolder('servers');
  keeper.acquire();
  if (temporary) keeper.guardPath(base);
  const common = { temporary, log };
  const rabbitmqUrl = env['RABBITMQ_URL']?.trim();
  const mongodbUrl = env['MONGODB_URL']?.trim();
  const isOfSeveral = isCluster(env['JOBLINE_STACK']?.trim());
  const members = mongoMembers ?? (isOfSeveral ? CLUSTER_SIZE : 1);
  // Both are waited for, so that neither is left when the other fails.
  const [rabbitmq, mongodb] = await Promise.allSettled([
    rabbitmqUrl
      ? externalRabbitmq(rabbitmqUrl, env['RABBITMQ_MANAGEMENT_URL']?.trim())
      : isOfSeveral
        ? startRabbitmqCluster({ folder: join(base, 'rabbitmq-cluster'), nodes: CLUSTER_SIZE, ...common })
        : startRabbitmq({ folder: join(base, 'rabbitmq'), ...common }),
    mongodbUrl
      ? externalMongodb(mongodbUrl)
      : startMongodb({ folder: join(base, isOfSeveral ? 'mongodb-cluster' : 'mongodb'), members, parameters: mongoParameters, ...common }),
  ]);
  const stop = async () => {
    const started = [rabbitmq, mongodb].flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
    await Promise.all(started.map((server) => server.dispose()));
    if (temporary) removeFolder(base);
    if (temporary) keeper.forgetPath(base);
    await keeper.release();
  };
  if (rabbitmq.status === 'rejected' || mongodb.status === 'rejected') {
    await stop();
    throw rabbitmq.status === 'rejected' ? rabbitmq.reason : /** @type {PromiseRejectedResult} */ (mongodb).reason;
  }
  return { folder: base, rabbitmq: rabbitmq.value, mongodb: mongodb.value, stop };
}
