import { setTimeout as delay } from 'node:timers/promises';
import { ManagementApi, ManagementError } from '../../shared/rabbit/management-api.ts';
import type { Account } from './accounts.ts';

const RETRY_MS = 500;

/** Waits for a broker that does not listen yet. @throws ManagementError when it refuses, or is still away after `waitMs`. */
async function whenAnswering(api: ManagementApi, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  for (;;) {
    try {
      await api.get('/api/whoami');
      return;
    } catch (error) {
      const isAway = error instanceof ManagementError && error.status === undefined;
      if (!isAway || performance.now() >= until) throw error;
      await delay(RETRY_MS);
    }
  }
}

/**
 * Makes the accounts in RabbitMQ, or brings password, tag and rights of those that are there up to date. Safe to repeat.
 * @throws ManagementError.
 */
export async function applyBrokerUsers(options: {
  /** Of an administrator; its virtual host is the one that rights are given on. */
  readonly amqpUrl: string;
  readonly managementUrl: string;
  readonly accounts: readonly Account[];
  readonly passwords: ReadonlyMap<string, string>;
  readonly waitMs: number;
}): Promise<void> {
  const api = new ManagementApi(options.managementUrl, options.amqpUrl);
  await whenAnswering(api, options.waitMs);
  for (const { name, broker } of options.accounts) {
    const { tags, ...rights } = broker;
    await api.put(`/api/users/${encodeURIComponent(name)}`, { password: options.passwords.get(name), tags });
    await api.put(api.inVhost('permissions', name), rights);
  }
}
