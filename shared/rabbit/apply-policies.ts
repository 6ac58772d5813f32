import { isDeepStrictEqual } from 'node:util';
import { TopologyError } from '../domain/failures.ts';
import type { ListedQueue, ManagementApi } from './management-api.ts';
import { APPLY_COMMAND, EVENTS_EXCHANGE, POLICY_PRIORITY, type PolicySpec, type Topology } from './topology.ts';

interface ListedPolicy {
  readonly name: string;
  readonly pattern: string;
  readonly 'apply-to': string;
  readonly definition: Readonly<Record<string, unknown>>;
  readonly priority: number;
}

/** Puts the policies that are missing or different. @returns a sentence for each. @throws ManagementError. */
export async function applyPolicies(api: ManagementApi, policies: readonly PolicySpec[]): Promise<string[]> {
  const listed = await api.get<ListedPolicy[]>(api.inVhost('policies'));
  const changes: string[] = [];
  for (const { name, pattern, definition } of policies) {
    const wanted = { pattern, 'apply-to': 'queues', definition, priority: POLICY_PRIORITY };
    const found = listed.find((policy) => policy.name === name);
    if (found && isDeepStrictEqual(essence(found), wanted)) continue;
    await api.put(api.inVhost('policies', name), wanted);
    changes.push(`policy ${name} ${found ? 'changed' : 'made'}`);
  }
  return changes;
}

/**
 * Checks that each queue follows its policy: one that is stored has no effect while another of higher priority matches.
 * @returns warnings: keys that an operator policy overrides. @throws TopologyError naming the queue and the policy that wins.
 */
export async function verifyPolicies(api: ManagementApi, policies: readonly PolicySpec[], queues: readonly string[]): Promise<string[]> {
  const [listed, stored, overriding] = await Promise.all([
    // Statistics lag 5 s behind and have no policy before; this listing reads the queues themselves.
    api.get<ListedQueue[]>(`${api.inVhost('queues')}?disable_stats=true&enable_queue_totals=true`),
    api.get<ListedPolicy[]>(api.inVhost('policies')),
    api.get<ListedPolicy[]>(api.inVhost('operator-policies')),
  ]);
  const effective = new Map(stored.map((policy) => [policy.name, policy.definition]));
  const wrong = queues.flatMap((queue) => {
    const wanted = wantedFor(queue, policies);
    const found = listed.find(({ name }) => name === queue);
    if (!found) return [`queue ${queue} is not there`];
    if (found.policy !== wanted.name)
      return [`queue ${queue} follows ${found.policy ? `policy ${found.policy}` : 'no policy'} instead of ${wanted.name}`];
    return isDeepStrictEqual(effective.get(wanted.name), wanted.definition) ? [] : [`policy ${wanted.name} is not stored as it was put`];
  });
  if (wrong.length > 0) {
    throw new TopologyError(
      `Policies are not in effect: ${wrong.join('; ')}. Ours have priority ${POLICY_PRIORITY}: lower that of the other policy, or remove it (rabbitmqctl clear_policy), and run \`${APPLY_COMMAND}\` again.`,
    );
  }
  return queues.flatMap((queue) => overriddenKeys(queue, wantedFor(queue, policies), overriding));
}

/**
 * An alternate exchange would take what our bindings miss: nothing is returned any more, and the confirm is positive (seen on
 * 3.10.8 and 4.0.5). @throws TopologyError naming exchange and policy.
 */
export async function refuseAlternateExchanges(api: ManagementApi, topology: Topology): Promise<void> {
  const [exchanges, stored] = await Promise.all([
    api.get<{ name: string; policy?: string | null }[]>(api.inVhost('exchanges')),
    api.get<ListedPolicy[]>(api.inVhost('policies')),
  ]);
  const guilty = new Set(stored.filter(({ definition }) => 'alternate-exchange' in definition).map(({ name }) => name));
  const ours = new Set(topology.exchanges.map(({ name }) => name).filter((name) => name !== EVENTS_EXCHANGE));
  const wrong = exchanges.filter(({ name, policy }) => ours.has(name) && policy && guilty.has(policy));
  if (wrong.length === 0) return;
  throw new TopologyError(
    `An alternate exchange hides lost bindings: ${wrong.map(({ name, policy }) => `exchange ${name} has one by policy ${policy}`).join('; ')}. Narrow that policy's pattern, or remove it (rabbitmqctl clear_policy).`,
  );
}

/** The commands that set these policies, for a POSIX shell. */
export function policyCommands(vhost: string, policies: readonly PolicySpec[]): string[] {
  return policies.map(({ name, pattern, definition }) =>
    [
      'rabbitmqctl set_policy -p',
      quoted(vhost),
      '--apply-to queues --priority',
      POLICY_PRIORITY,
      name,
      quoted(pattern),
      quoted(JSON.stringify(definition)),
    ].join(' '),
  );
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function wantedFor(queue: string, policies: readonly PolicySpec[]): PolicySpec {
  return policies.find(({ pattern }) => new RegExp(pattern).test(queue))!;
}

function overriddenKeys(queue: string, wanted: PolicySpec, overriding: readonly ListedPolicy[]): string[] {
  return overriding
    .filter(({ pattern }) => isMatch(pattern, queue))
    .flatMap(({ name, definition }) =>
      Object.keys(wanted.definition).flatMap((key) => (key in definition ? [`operator policy ${name} sets ${key} of queue ${queue}`] : [])),
    );
}

/** An operator's pattern is Erlang's: one that cannot be read here is taken to match. */
function isMatch(pattern: string, queue: string): boolean {
  try {
    return new RegExp(pattern).test(queue);
  } catch {
    return true;
  }
}

function essence({ pattern, 'apply-to': applyTo, definition, priority }: ListedPolicy): object {
  return { pattern, 'apply-to': applyTo, definition, priority };
}
