import { DEFAULT_TENANT, SCOPES } from '../../../shared/domain/access.ts';
import type { ApiKeys } from '../../../shared/ports/api-keys.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import type { Service } from '../../../shared/ports/service.ts';
import type { StoreGuard } from '../store-guard.ts';
import { type AccessControl, openAccess } from './access-control.ts';
import { ApiKeyDesk } from './api-key-desk.ts';
import { KeyAccess } from './key-access.ts';
import { KeyLookups } from './key-lookups.ts';
import { KeySecrets } from './key-secrets.ts';
import { KeyUse } from './key-use.ts';

export interface GatewayAccessOptions {
  readonly keys: ApiKeys;
  readonly guard: Pick<StoreGuard, 'run'>;
  readonly clock: Pick<Clock, 'now' | 'monotonicMs'>;
  readonly logger: Logger;
  readonly auth: 'none' | 'keys';
  readonly pepper: string | undefined;
  readonly bootstrapKey?: string | undefined;
}

/** What a gateway asks its callers for. */
export interface GatewayAccess {
  readonly access: AccessControl;
  readonly apiKeys: ApiKeyDesk;
  /** To be started before the listeners. */
  readonly services: readonly Service[];
}

/** Makes the first key, where one is given and it is not there. */
class FirstKey implements Service {
  readonly name = 'first key';
  readonly #desk: ApiKeyDesk;
  readonly #text: string;
  readonly #logger: Logger;

  constructor(desk: ApiKeyDesk, text: string, logger: Logger) {
    this.#desk = desk;
    this.#text = text;
    this.#logger = logger;
  }

  /** @throws StoreUnavailableError. */
  async start(): Promise<void> {
    const isNew = await this.#desk.bootstrap(this.#text, { name: 'bootstrap', tenant: DEFAULT_TENANT, scopes: SCOPES });
    if (isNew) this.#logger.info({ tenant: DEFAULT_TENANT }, 'the first key is made');
  }

  async stop(): Promise<void> {}
}

/** Puts together who may use a gateway. */
export function gatewayAccess({ keys, guard, clock, logger, auth, pepper, bootstrapKey }: GatewayAccessOptions): GatewayAccess {
  const secrets = pepper === undefined ? undefined : new KeySecrets(pepper);
  const apiKeys = new ApiKeyDesk(keys, secrets);
  if (auth === 'none' || !secrets) return { access: openAccess, apiKeys, services: [] };
  const use = new KeyUse({ keys, logger });
  const access = new KeyAccess({ lookups: new KeyLookups({ keys, guard, clock }), secrets, use, clock });
  const first = bootstrapKey === undefined ? [] : [new FirstKey(apiKeys, bootstrapKey, logger)];
  return { access, apiKeys, services: [...first, use] };
}
