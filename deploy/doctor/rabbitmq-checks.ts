import type { ChannelModel } from 'amqplib';
import { parseAmqpUrl } from '../../shared/rabbit/amqp-url.ts';
import { checkTopologyOn } from '../../shared/rabbit/check-topology.ts';
import { closeOnce, connectOnce } from '../../shared/rabbit/connect-once.ts';
import { type ListedQueue, ManagementApi, ManagementError } from '../../shared/rabbit/management-api.ts';
import { type Topology, type TopologyMode, topologyOf } from '../../shared/rabbit/topology.ts';
import { type Finding, Findings, isOlder } from './finding.ts';

const OLDEST = [3, 10] as const;
const POLICY_TAGS: ReadonlySet<string> = new Set(['administrator', 'policymaker']);

type Said = Pick<Finding, 'status' | 'message'>;

/** Which broker, and what it should have. */
export interface BrokerToCheck {
  readonly urls: readonly string[];
  readonly managementUrl?: string | undefined;
  readonly stageNames: readonly string[];
  readonly mode: TopologyMode;
}

function versionFinding(version: string): Said {
  if (!isOlder(version, OLDEST)) return { status: 'ok', message: version };
  return {
    status: 'failed',
    message: `${version} is older than ${OLDEST.join('.')}, the first that can do what Jobline needs: update it.`,
  };
}

async function checkByAmqp(findings: Findings, connection: ChannelModel, topology: Topology): Promise<void> {
  await findings.try('version', async () => versionFinding(String(connection.connection.serverProperties.version)));
  await findings.try('topology', async () => {
    await checkTopologyOn(connection, topology);
    return { status: 'ok', message: `every exchange and queue of TOPOLOGY=${topology.mode} is there` };
  });
}

/** What a user without the rights is not shown is no failure. */
async function visible<T>(asked: Promise<T>): Promise<T | undefined> {
  return asked.catch((error: unknown) => {
    if (error instanceof ManagementError && [401, 403, 404].includes(error.status ?? 0)) return undefined;
    throw error;
  });
}

function tagsOf(tags: string | readonly string[]): readonly string[] {
  return typeof tags === 'string' ? tags.split(',').filter((tag) => tag !== '') : tags;
}

async function userFinding(api: ManagementApi): Promise<Said> {
  const { name, tags: said } = await api.get<{ name: string; tags: string | string[] }>('/api/whoami');
  const tags = tagsOf(said);
  if (tags.some((tag) => POLICY_TAGS.has(tag))) return { status: 'ok', message: `${name} may read it and set policies` };
  return { status: 'ok', message: `${name} (${tags.join(', ')}) may read it; policies need one with the tag policymaker` };
}

async function queueTypeFinding(api: ManagementApi, topology: Topology): Promise<Said> {
  const flags = await visible(api.get<{ name: string; state: string }[]>('/api/feature-flags'));
  const isOff = flags?.some(({ name, state }) => name === 'quorum_queue' && state !== 'enabled') ?? false;
  if (isOff) return { status: 'failed', message: 'Quorum queues are off: rabbitmqctl enable_feature_flag quorum_queue.' };
  const queues = (await visible(api.get<ListedQueue[]>(api.inVhost('queues')))) ?? [];
  const ours = new Set([...topology.stageQueues, ...topology.deadLetterQueues]);
  const wrong = queues.filter(({ name, type }) => ours.has(name) && type !== 'quorum').map(({ name, type }) => `${name} (${type})`);
  if (wrong.length === 0) return { status: 'ok', message: 'quorum queues can be had' };
  return {
    status: 'failed',
    message: `These are no quorum queues: ${wrong.join(', ')}. Let them run empty, delete them, apply the topology.`,
  };
}

interface Rights {
  readonly user: string;
  readonly configure: string;
  readonly write: string;
  readonly read: string;
}

async function permissionFinding(api: ManagementApi, user: string, topology: Topology): Promise<Said> {
  const rights = await visible(api.get<Rights>(`${api.inVhost('permissions')}/${encodeURIComponent(user)}`));
  if (!rights) return { status: 'skipped', message: `Only an administrator is shown what ${user} may do.` };
  const { configure, write, read } = rights;
  const names = [...topology.exchanges.map(({ name }) => name), ...topology.stageQueues, ...topology.deadLetterQueues];
  const isWhole = [configure, write, read].every((pattern) => names.every((name) => new RegExp(pattern).test(name)));
  if (isWhole) return { status: 'ok', message: `${user} may configure, write and read all of it` };
  return {
    status: 'ok',
    message: `${user}: configure ${configure}, write ${write}, read ${read} (docs/deployment.md has what each service needs)`,
  };
}

async function alarmFinding(api: ManagementApi): Promise<Said> {
  const nodes = await visible(api.get<{ name: string; mem_alarm?: boolean; disk_free_alarm?: boolean }[]>('/api/nodes'));
  if (!nodes) return { status: 'skipped', message: 'Only a user with the tag monitoring is shown alarms.' };
  const alarmed = nodes.filter(({ mem_alarm, disk_free_alarm }) => mem_alarm || disk_free_alarm);
  if (alarmed.length === 0) return { status: 'ok', message: `none on ${nodes.length} node${nodes.length === 1 ? '' : 's'}` };
  const parts = alarmed.map(({ name, mem_alarm }) => `${name} (${mem_alarm ? 'memory' : 'disk'})`);
  return { status: 'failed', message: `It takes no messages until the alarm is over: ${parts.join(', ')}.` };
}

async function checkByManagement(findings: Findings, broker: BrokerToCheck, topology: Topology): Promise<void> {
  const { managementUrl, urls } = broker;
  if (managementUrl === undefined) {
    findings.add('management', 'warning', 'RABBITMQ_MANAGEMENT_URL is not set: queue depths are unknown, and policies cannot be seen.');
    return;
  }
  const api = new ManagementApi(managementUrl, urls[0]!);
  try {
    const { status, message } = await userFinding(api);
    findings.add('management', status, message);
  } catch (error) {
    findings.add('management', 'failed', `${(error as Error).message}. Is the plugin on (rabbitmq-plugins enable rabbitmq_management)?`);
    return;
  }
  await findings.try('queue types', () => queueTypeFinding(api, topology));
  await findings.try('permissions', () => permissionFinding(api, parseAmqpUrl(urls[0]!).user, topology));
  await findings.try('alarms', () => alarmFinding(api));
}

/** Version, topology, management, queue types, permissions and alarms of a RabbitMQ; nothing is changed. */
export async function checkRabbitmq(broker: BrokerToCheck): Promise<readonly Finding[]> {
  const findings = new Findings('RabbitMQ');
  const topology = topologyOf(broker);
  try {
    const connection = await connectOnce(broker.urls, 'jobline doctor');
    try {
      await checkByAmqp(findings, connection, topology);
    } finally {
      await closeOnce(connection);
    }
  } catch (error) {
    findings.add('', 'failed', `${(error as Error).message}. Is RABBITMQ_URL right, and is it up?`);
  }
  await checkByManagement(findings, broker, topology);
  return findings.all;
}
