import { RabbitmqCluster } from './cluster/rabbitmq-cluster.mjs';
import { makeTemporaryFolder, sweepTemporaryFolders } from './folders.mjs';
import { findRabbitmq } from './install/find-rabbitmq.mjs';
import { DockerRabbitmq } from './rabbitmq-docker.mjs';
import { serverVersion } from './rabbitmq-probe.mjs';
import { ProgramRabbitmq } from './rabbitmq-program.mjs';

/** @param {string} line */
export const logToStderr = (line) => void process.stderr.write(`${line}\n`);

/**
 * Starts a RabbitMQ of our own with the management plugin, and waits until both answer. See servers.d.mts. With
 * JOBLINE_RABBITMQ=4 in the environment it is one of 4.x.
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
  try {
    await checkSeries(broker.port);
  } catch (error) {
    await broker.dispose();
    throw error;
  }
  return broker;
}

/**
 * Starts a RabbitMQ of three nodes (default) of our own, and waits until each sees all of them. See servers.d.mts.
 * @param {{ folder?: string, temporary?: boolean, config?: readonly string[], nodes?: number, links?: boolean, log?: (line: string) => void }} [options]
 * @returns {Promise<RabbitmqCluster>}
 * @throws Error when there is no program for it, or it does not start
 */
export async function startRabbitmqCluster({
  folder,
  temporary = folder === undefined,
  config = [],
  nodes = 3,
  links = false,
  log = logToStderr,
} = {}) {
  await sweepTemporaryFolders();
  const program = await findRabbitmq(log);
  if (program.kind === 'docker')
    throw new Error("A cluster needs RabbitMQ's programs, not its Docker image: install rabbitmq-server, or leave JOBLINE_STACK out.");
  const place = folder ?? makeTemporaryFolder('rabbitmq');
  const cluster = new RabbitmqCluster({ program, folder: place, isTemporary: temporary, config, size: nodes, hasLinks: links, log });
  await cluster.open();
  return cluster;
}

/** Whoever asks for RabbitMQ 4 must not be served by another. @param {number} port */
export async function checkSeries(port) {
  const wanted = process.env['JOBLINE_RABBITMQ'];
  if (!wanted) return;
  const version = await serverVersion('127.0.0.1', port);
  if (version.split('.')[0] !== wanted) throw new Error(`JOBLINE_RABBITMQ is ${wanted}, but the broker that was started is ${version}.`);
}
