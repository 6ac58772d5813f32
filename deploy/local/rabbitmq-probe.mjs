import { get } from 'node:http';
import { connect } from 'node:net';

/** @typedef {import('./rabbitmq-config.mjs').RabbitmqSettings} RabbitmqSettings */

const PROTOCOL_HEADER = Buffer.from([0x41, 0x4d, 0x51, 0x50, 0, 0, 9, 1]);

/**
 * Whether a broker answers an AMQP client on this port.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
export function speaksAmqp(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(PROTOCOL_HEADER));
    const end = (/** @type {boolean} */ answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, () => end(false));
    socket.on('data', (chunk) => end(chunk[0] === 1));
    socket.on('error', () => end(false));
    socket.on('close', () => resolve(false));
  });
}

/**
 * A text in a table of AMQP: length and name, the letter S, four bytes of length, the text.
 * @param {Buffer} table
 * @param {string} name
 * @returns {string | undefined} undefined when it is not there, or not whole yet
 */
function textField(table, name) {
  const head = Buffer.from([name.length, ...Buffer.from(`${name}S`)]);
  const at = table.indexOf(head);
  const start = at + head.length + 4;
  if (at < 0 || table.length < start) return undefined;
  const end = start + table.readUInt32BE(start - 4);
  return table.length < end ? undefined : table.toString('utf8', start, end);
}

/**
 * The version that a broker tells every client in the server properties of its first frame.
 * @param {string} host
 * @param {number} port
 * @returns {Promise<string>} such as `4.0.5`
 * @throws Error when no broker answers within 10 s
 */
export function serverVersion(host, port) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => socket.write(PROTOCOL_HEADER));
    let heard = Buffer.alloc(0);
    const fail = (/** @type {string} */ why) => {
      socket.destroy();
      reject(new Error(`No version was heard of the broker on ${host}:${port}: ${why}.`));
    };
    socket.setTimeout(10_000, () => fail('it does not answer'));
    socket.on('data', (chunk) => {
      heard = Buffer.concat([heard, chunk]);
      const version = textField(heard, 'version');
      if (version === undefined) return;
      socket.destroy();
      resolve(version);
    });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('it closed the connection'));
  });
}

/**
 * What the management plugin answers, undefined when it does not.
 * @param {string} api its URL with user and password
 * @param {string} path
 * @returns {Promise<any>} the parsed JSON
 */
export async function managementJson(api, path) {
  const { origin, username, password } = new URL(api);
  const authorization = `Basic ${Buffer.from([username, password].map(decodeURIComponent).join(':')).toString('base64')}`;
  try {
    const response = await fetch(new URL(path, origin), { headers: { authorization }, signal: AbortSignal.timeout(5_000) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether the management plugin lets our user in.
 * @param {Pick<RabbitmqSettings, 'ports' | 'user' | 'password'>} settings
 * @returns {Promise<boolean>}
 */
export function managementAnswers({ ports, user, password }) {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port: ports.management, path: '/api/overview', auth: `${user}:${password}`, timeout: 5_000 };
    const request = get({ ...options, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
