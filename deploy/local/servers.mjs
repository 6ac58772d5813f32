import { join } from 'node:path';
import { makeTemporaryFolder, removeFolder } from './folders.mjs';
import { keeper } from './keeper.mjs';
import { startMongodb } from './mongodb.mjs';
import { logToStderr, startRabbitmq } from './rabbitmq.mjs';

export { startMongodb, startRabbitmq };

const nothing = async () => {};

/** @param {string} url @param {string | undefined} managementApi */
function externalRabbitmq(url, managementApi) {
  const { username, password, host } = new URL(url);
  const plain = managementApi && new URL(managementApi);
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
 * @param {{ folder?: string, temporary?: boolean, mongoMembers?: number, log?: (line: string) => void, env?: NodeJS.ProcessEnv }} [options]
 */
export async function startServers({
  folder,
  temporary = folder === undefined,
  mongoMembers = 1,
  log = logToStderr,
  env = process.env,
} = {}) {
  const base = folder ?? makeTemporaryFolder('servers');
  keeper.acquire();
  if (temporary) keeper.guardPath(base);
  const common = { temporary, log };
  const rabbitmqUrl = env['RABBITMQ_URL']?.trim();
  const mongodbUrl = env['MONGODB_URL']?.trim();
  // Both are waited for, so that neither is left when the other fails.
  const [rabbitmq, mongodb] = await Promise.allSettled([
    rabbitmqUrl
      ? externalRabbitmq(rabbitmqUrl, env['RABBITMQ_MANAGEMENT_URL']?.trim())
      : startRabbitmq({ folder: join(base, 'rabbitmq'), ...common }),
    mongodbUrl ? externalMongodb(mongodbUrl) : startMongodb({ folder: join(base, 'mongodb'), members: mongoMembers, ...common }),
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
