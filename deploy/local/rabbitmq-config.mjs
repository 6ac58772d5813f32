import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeJson } from './folders.mjs';
import { freePorts, tryPort } from './ports.mjs';

/** @typedef {{ amqp: number, management: number, distribution: number, epmd: number }} RabbitmqPorts */
/** @typedef {{ user: string, password: string, cookie: string, nodeName: string, ports: RabbitmqPorts }} RabbitmqSettings */

const PORT_NAMES = /** @type {const} */ (['amqp', 'management', 'distribution', 'epmd']);

/** @returns {Promise<RabbitmqPorts>} */
export async function pickPorts() {
  const ports = await freePorts(PORT_NAMES.length);
  return /** @type {RabbitmqPorts} */ (Object.fromEntries(PORT_NAMES.map((name, index) => [name, ports[index]])));
}

/** @param {readonly number[]} ports */
async function areFree(ports) {
  const found = await Promise.all(ports.map((port) => tryPort(port)));
  return found.every((port) => port !== undefined);
}

/** @typedef {Pick<RabbitmqSettings, 'user' | 'password' | 'cookie' | 'nodeName'> & { epmdPort: number }} Membership of a node in a cluster */

/**
 * Settings of the broker in a folder: those of the last time (its ports as long as they are free), or new ones.
 * @param {string} folder
 * @param {{ newPorts: boolean, member?: Membership | undefined }} how `member`: what its cluster says
 * @returns {Promise<RabbitmqSettings>}
 */
export async function settingsIn(folder, { newPorts, member }) {
  const file = join(folder, 'settings.json');
  /** @type {RabbitmqSettings | undefined} */
  const known = readJson(file);
  const { epmd, ...own } = known?.ports ?? {};
  const needed = Object.values(member || epmd === undefined ? own : { ...own, epmd });
  const isUsable = known !== undefined && !newPorts && (await areFree(needed));
  const { epmdPort, ...identity } = member ?? {};
  const ports = isUsable ? known.ports : await pickPorts();
  const settings = {
    user: 'jobline',
    password: randomBytes(18).toString('base64url'),
    cookie: randomBytes(16).toString('hex'),
    nodeName: `jobline-${randomBytes(4).toString('hex')}@localhost`,
    ...known,
    ...identity,
    ports: { ...ports, ...(epmdPort !== undefined && { epmd: epmdPort }) },
  };
  writeJson(file, settings);
  return settings;
}

/**
 * Writes the files that the broker reads at its start. Everything listens on the loopback interface alone.
 * @param {string} folder
 * @param {RabbitmqSettings} settings
 * @param {readonly string[]} extra further lines of rabbitmq.conf
 */
export function writeConfig(folder, settings, extra) {
  const { ports, user, password, cookie } = settings;
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const cookieFile = join(home, '.erlang.cookie');
  if (!existsSync(cookieFile)) {
    writeFileSync(cookieFile, cookie);
    chmodSync(cookieFile, 0o400);
  }
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${ports.amqp}`,
    'management.tcp.ip = 127.0.0.1',
    `management.tcp.port = ${ports.management}`,
    `default_user = ${user}`,
    `default_pass = ${password}`,
    'disk_free_limit.absolute = 50MB',
    'log.console = false',
    ...extra,
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${lines.join('\n')}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n');
  // Erlang looks nothing up elsewhere: "localhost" is known even where /etc/hosts does not say so.
  writeFileSync(join(folder, 'inetrc'), '{hosts_file, ""}.\n{host, {127,0,0,1}, ["localhost"]}.\n{lookup, [file]}.\n');
}

/** Settings of somebody else's broker that must not reach ours. */
const FOREIGN = /^(RABBITMQ_|ERL_|ERLANG_|NOTIFY_SOCKET$|NODE_OPTIONS$)/;

/**
 * The environment of the broker and of rabbitmqctl.
 * @param {string} folder
 * @param {RabbitmqSettings} settings
 * @param {Record<string, string>} programEnv
 * @returns {NodeJS.ProcessEnv}
 */
export function brokerEnvironment(folder, { nodeName, ports }, programEnv) {
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));
  return {
    ...own,
    ...programEnv,
    HOME: join(folder, 'home'),
    LANG: 'C.UTF-8',
    LC_ALL: 'C.UTF-8',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(ports.epmd),
    ERL_INETRC: join(folder, 'inetrc'),
    ERL_CRASH_DUMP: join(folder, 'erl_crash.dump'),
    RABBITMQ_NODENAME: nodeName,
    RABBITMQ_DIST_PORT: String(ports.distribution),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_CONFIG_FILES: join(folder, 'conf.d'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_LOGS: join(folder, 'rabbitmq.log'),
    RABBITMQ_PID_FILE: join(folder, 'rabbitmq.pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_CTL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    // Without these the start script stays as a parent of the real broker and its process id is the wrong one to kill.
    RABBITMQ_ALLOW_INPUT: 'true',
    RABBITMQ_SERVER_START_ARGS: '-noinput',
  };
}
