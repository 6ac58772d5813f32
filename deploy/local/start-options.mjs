import { parseArgs } from 'node:util';
import { portOr, tryPort } from './ports.mjs';

export const USAGE = `Usage: npm start -- [--scale SERVICE=PROCESSES]...

Starts RabbitMQ, MongoDB and all services of Jobline on this machine; Ctrl-C stops them.

  --scale p1-worker=3   three processes of p1-worker; may be repeated (not for the gateway)

JOBLINE_STACK=cluster starts RabbitMQ with three nodes and MongoDB with three members; JOBLINE_RABBITMQ=4 takes RabbitMQ 4.

Variables: PORT (of the API, default 8080 or a free one), ADMIN_PORT (default 8081 or a free one), TOPOLOGY
(per-stage or single), RABBITMQ_URL with RABBITMQ_MANAGEMENT_URL, and MONGODB_URL to use servers of your own.
Every other variable of docs/configuration.md is passed on to the services.`;

/** What the user asked for makes no sense; shown without a stack. */
export class UsageError extends Error {}

/** @param {string} text `SERVICE=PROCESSES` @returns {[string, number]} */
function parseScale(text) {
  const [, service, count] = /^([A-Za-z0-9-]+)=(\d{1,4})$/.exec(text) ?? [];
  if (service === undefined) throw new UsageError(`--scale ${text}: it must be SERVICE=PROCESSES, such as p1-worker=3.`);
  return [service, Number(count)];
}

/**
 * @param {readonly string[]} args
 * @returns {{ isHelp: boolean, scale: Record<string, number> }}
 * @throws UsageError
 */
export function parseStartArguments(args) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { scale: { type: 'string', multiple: true }, help: { type: 'boolean', short: 'h' } },
    });
    return { isHelp: values.help === true, scale: Object.fromEntries((values.scale ?? []).map(parseScale)) };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${/** @type {Error} */ (error).message}\n\n${USAGE}`);
  }
}

/**
 * The port that a variable asks for; without it the usual one, or any free one when that is taken.
 * @param {string} name
 * @param {string | undefined} value
 * @param {number} usual
 * @returns {Promise<number>}
 * @throws UsageError when the wanted port is no port or is taken
 */
export async function choosePort(name, value, usual) {
  const text = value?.trim() ?? '';
  if (text === '' || text === '0') return portOr(usual);
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535)
    throw new UsageError(`${name} is ${JSON.stringify(text)}; it must be a port from 1 to 65535.`);
  if ((await tryPort(port)) === undefined)
    throw new UsageError(`${name} is ${port}, which cannot be listened on: another program uses it, or it needs root.`);
  return port;
}
