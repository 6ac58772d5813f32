import type { RequestContext } from '../middleware/request-context.ts';
import type { LiveOwner } from './live-clients.ts';

/** Whose stream of events a request opens. */
export function ownerOf({ state: { client = '', tenant } }: RequestContext): LiveOwner {
  return { client, tenant };
}
