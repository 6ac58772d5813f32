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
