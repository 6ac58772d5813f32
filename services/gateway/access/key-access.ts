import type { IncomingMessage } from 'node:http';
import type { Principal } from '../../../shared/domain/access.ts';
import { type ApiKey, parseKey } from '../../../shared/domain/api-key.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { Problem } from '../problems.ts';
import type { AccessControl } from './access-control.ts';
import type { KeyLookups } from './key-lookups.ts';
import type { KeySecrets } from './key-secrets.ts';
import type { KeyUse } from './key-use.ts';

const BEARER = /^Bearer +(\S+) *$/i;
const REALM = 'Bearer realm="jobline"';

export interface KeyAccessOptions {
  readonly lookups: KeyLookups;
  readonly secrets: KeySecrets;
  readonly use: KeyUse;
  readonly clock: Pick<Clock, 'now'>;
}

/** Each request needs an API key. */
export class KeyAccess implements AccessControl {
  readonly asksForKeys = true;
  readonly #options: KeyAccessOptions;

  constructor(options: KeyAccessOptions) {
    this.#options = options;
  }

  principalOf(req: IncomingMessage): Principal | Promise<Principal> {
    const presented = presentedKey(req);
    const parts = parseKey(presented);
    if (!parts) throw refused();
    const found = this.#options.lookups.find(parts.id);
    return found instanceof Promise ? found.then((key) => this.#check(key, parts.secret)) : this.#check(found, parts.secret);
  }

  #check(key: ApiKey | undefined, secret: string): Principal {
    const { secrets, use, clock } = this.#options;
    if (!secrets.opens(key, secret, clock.now()) || !key) throw refused();
    use.note(key.id);
    const { id: keyId, name: keyName, tenant, scopes, rateLimit } = key;
    return { keyId, keyName, tenant, scopes, ...(rateLimit && { rateLimit }) };
  }
}

/** `Authorization: Bearer <key>`, or `X-API-Key: <key>` for clients that cannot set the other; never the URL. */
function presentedKey({ headers }: IncomingMessage): string {
  const bearer = BEARER.exec(headers.authorization ?? '')?.[1];
  const own = headers['x-api-key'];
  const presented = bearer ?? (typeof own === 'string' ? own : undefined);
  if (presented !== undefined) return presented;
  if (headers.authorization !== undefined) throw refused();
  throw new Problem('unauthorized', {
    detail: 'This path needs an API key: Authorization: Bearer pk_...',
    headers: { 'WWW-Authenticate': REALM },
  });
}

/** One answer for all keys that do not open, whatever the reason (RFC 6750). */
function refused(): Problem {
  return new Problem('unauthorized', {
    detail: 'The API key is not valid.',
    headers: { 'WWW-Authenticate': `${REALM}, error="invalid_token"` },
  });
}
