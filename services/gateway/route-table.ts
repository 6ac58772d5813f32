import type { Router, RouterMiddleware } from '@koa/router';
import type { Middleware } from 'koa';
import { SCOPES, type Scope } from '../../shared/domain/access.ts';
import type { RequestState } from './middleware/request-context.ts';
import { Problem } from './problems.ts';

/** Who may use a route: keys with this scope, or everybody. */
export type RouteAccess = Scope | 'public';

/** What a route that changes something is called in the audit log, e.g. `job.cancel`. */
export interface ActionAccess {
  readonly scope: Scope;
  readonly action: string;
}

/** A route that the router serves. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** With `{name}` parameters, as in OpenAPI. */
  readonly path: string;
  readonly access: RouteAccess;
  readonly action?: string;
}

type Handler = RouterMiddleware<RequestState>;
/** Lets requests of one scope pass. */
export type Admission = (scope: Scope) => Middleware<RequestState>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id that cannot be one needs no look into the store. */
const jobIdIsOne: Handler = (ctx, next) => {
  const { job_id: id } = ctx.params;
  if (id === undefined || UUID.test(id)) return next();
  throw new Problem('job_not_found', { detail: `${JSON.stringify(id.slice(0, 64))} is not the id of a job.` });
};

/** The one way to add routes: each says who may use it, and is not served otherwise. */
export class RouteTable {
  readonly #router: Router<RequestState>;
  readonly #admission: Admission;
  readonly #routes: Route[] = [];

  constructor(router: Router<RequestState>, admission: Admission) {
    this.#router = router;
    this.#admission = admission;
  }

  /** Every route that was added, in order. */
  get routes(): readonly Route[] {
    return this.#routes;
  }

  get(paths: string | readonly string[], access: RouteAccess, ...handlers: readonly Handler[]): void {
    const before = this.#before(access);
    for (const path of [paths].flat()) {
      this.#routes.push({ method: 'GET', path: shown(path), access });
      this.#router.get(path, ...before, ...handlers);
    }
  }

  post(paths: string | readonly string[], { scope, action }: ActionAccess, ...handlers: readonly Handler[]): void {
    const before = this.#before(scope);
    const named: Handler = (ctx, next) => {
      ctx.state.action = action;
      return next();
    };
    for (const path of [paths].flat()) {
      this.#routes.push({ method: 'POST', path: shown(path), access: scope, action });
      this.#router.post(path, named, ...before, ...handlers);
    }
  }

  /** @throws Error for a route that does not say who may use it. */
  #before(access: RouteAccess): readonly Handler[] {
    if (access === 'public') return [];
    if (!SCOPES.includes(access)) throw new Error(`A route has the scope ${JSON.stringify(access)}; there are ${SCOPES.join(', ')}.`);
    return [this.#admission(access), jobIdIsOne];
  }
}

/** `/v1/jobs/:job_id` → `/v1/jobs/{job_id}`. */
function shown(path: string): string {
  return path.replace(/(?<!\\):(\w+)/g, '{$1}').replaceAll('\\', '');
}
