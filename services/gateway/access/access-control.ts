import type { IncomingMessage } from 'node:http';
import { DEFAULT_TENANT, type Principal, SCOPES } from '../../../shared/domain/access.ts';

/** Says who makes a request. */
export interface AccessControl {
  /** Whether keys are asked for. */
  readonly asksForKeys: boolean;
  /** @throws Problem unauthorized, and overloaded or StoreUnavailableError where a key cannot be looked up. */
  principalOf(req: IncomingMessage): Principal | Promise<Principal>;
}

const EVERYBODY: Principal = { tenant: DEFAULT_TENANT, scopes: SCOPES };

/** Without keys everybody may do everything: for listeners that nobody else reaches. */
export const openAccess: AccessControl = { asksForKeys: false, principalOf: () => EVERYBODY };
