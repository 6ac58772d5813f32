import { makeTemporaryFolder, sweepTemporaryFolders } from './folders.mjs';
import { findRabbitmq } from './install/find-rabbitmq.mjs';
import { DockerRabbitmq } from './rabbitmq-docker.mjs';
import { ProgramRabbitmq } from './rabbitmq-program.mjs';

/** @param {string} line */
export const logToStderr = (line) => void process.stderr.write(`${line}\n`);

/**
 * Starts a RabbitMQ of our own with the management plugin, and waits until both answer. See servers.d.mts.
 * @param {{ folder?: string, temporary?: boolean, config?: readonly string[], log?: (line: string) => void }} [options]
 *   `folder` is made when missing, and by default is a temporary one; a temporary folder is removed by `dispose()`;
 *   `config`: further lines of rabbitmq.conf.
 * @returns {Promise<ProgramRabbitmq | DockerRabbitmq>}
 * @throws Error when there is none and none can be fetched, or when it does not start (with the end of its log)
 */
export async function startRabbitmq({ folder, temporary = folder === undefined, config = [], log = logToStderr } = {}) {
  await sweepTemporaryFolders();
  const found = await findRabbitmq(log);
  const common = { folder: folder ?? makeTemporaryFolder('rabbitmq'), isTemporary: temporary, config, log };
  const broker =
    found.kind === 'docker' ? new DockerRabbitmq({ image: found.image, ...common }) : new ProgramRabbitmq({ program: found, ...common });
  await broker.open();
  return broker;
}
