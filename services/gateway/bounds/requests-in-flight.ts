import type { ClientAddresses } from '../../../shared/ports/client-addresses.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { GroupedCap } from './grouped-cap.ts';

const RETRY_AFTER_S = '1';

/** Requests of each client that are not answered yet, in this process. What stays open for long leaves for a cap of its own. */
export class RequestsInFlight {
  readonly cap: GroupedCap;
  readonly #addresses: Pick<ClientAddresses, 'of' | 'groupOf'>;

  /** @param perClient requests of one API key, or where none is asked for, of one address. */
  constructor(perClient: number, addresses: Pick<ClientAddresses, 'of' | 'groupOf'>) {
    this.cap = new GroupedCap(perClient);
    this.#addresses = addresses;
  }

  /** Counts a request in, until its answer is sent, its client gone, or `ctx.state.leaveFlight` called. @throws Problem too_many_in_flight. */
  enter(ctx: RequestContext): void {
    ctx.state.client = this.#clientOf(ctx);
    const leave = this.cap.enter(ctx.state.client);
    if (!leave) throw tooMany(this.cap.limit);
    // Its client may have gone while its key was looked up: then no `close` comes any more.
    if (ctx.res.destroyed || ctx.res.closed) return leave();
    ctx.state.leaveFlight = leave;
    ctx.res.once('close', leave);
  }

  #clientOf({ state: { principal }, req }: RequestContext): string {
    if (principal?.keyId !== undefined) return `key:${principal.keyId}`;
    return `address:${this.#addresses.groupOf(this.#addresses.of(req))}`;
  }
}

/** `qu` is the quota unit of draft 11 of the RateLimit header fields. */
function tooMany(limit: number): Problem {
  return new Problem('too_many_in_flight', {
    detail: `${limit} requests of this client are under way already, which is the limit. Wait for their answers.`,
    fields: { 'violated-policies': ['concurrency'] },
    headers: {
      'RateLimit-Policy': `"concurrency";q=${limit};qu="concurrent-requests"`,
      RateLimit: `"concurrency";r=0;t=${RETRY_AFTER_S}`,
      'Retry-After': RETRY_AFTER_S,
    },
  });
}
