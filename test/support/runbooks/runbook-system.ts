import { randomBytes } from 'node:crypto';
import { JoblineClient } from '../../../shared/client/index.ts';
import { keyText } from '../../../shared/domain/api-key.ts';
import { ManagementApi } from '../../../shared/rabbit/management-api.ts';
import type { MoodyEndpoint } from '../moody-endpoint.ts';
import type { TestSystem } from '../test-system.ts';
import type { TroubledSystem } from './troubles.ts';

/** A key of every scope, and the variables of a system that knows it. */
export function firstKey(): { readonly key: string; readonly env: Readonly<Record<string, string>> } {
  const key = keyText({ id: randomBytes(8).toString('hex'), secret: randomBytes(32).toString('base64url') });
  return { key, env: { JOBLINE_AUTH: 'keys', JOBLINE_KEY_PEPPER: 'pepper-of-this-test-pepper-of-this-test', JOBLINE_BOOTSTRAP_KEY: key } };
}

/** A system with keys, for runbooks. @param endpoint what jobs of type http need. */
export function troubledSystem(system: TestSystem, key: string, endpoint?: MoodyEndpoint): TroubledSystem {
  const { api, managementUrl, rabbitmqUrl } = system.system;
  const headers = { authorization: `Bearer ${key}` };
  return {
    system,
    client: new JoblineClient({ baseUrl: api, headers }),
    ...(endpoint && { endpoint }),
    async admin(method, path, body) {
      const { status, body: answer } = await system.request(method, path, body, headers);
      if (status >= 400) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(answer)}`);
      return answer;
    },
    async dropAtBroker(path) {
      const management = new ManagementApi(managementUrl!, rabbitmqUrl);
      await management.delete(management.inVhost(...(path.split('/') as [string, ...string[]])));
    },
  };
}

/** What a runbook may not leave behind; windows first, since their pauses go with them. */
const LISTS = ['windows', 'pauses', 'limits', 'rerun-rules', 'batch-rules'];

/** Paths of what holds or moves jobs in a system: each is ended by DELETE. */
export async function leftOf({ admin }: TroubledSystem): Promise<readonly string[]> {
  const found: string[] = [];
  for (const list of LISTS) {
    const answer = (await admin('GET', `/admin/v1/${list}`)) as Record<string, readonly { readonly links: { readonly self: string } }[]>;
    found.push(...answer[list.replace(/^(rerun|batch)-/, '')]!.map(({ links }) => links.self));
  }
  return found.filter((self) => !self.includes('window%3D'));
}
