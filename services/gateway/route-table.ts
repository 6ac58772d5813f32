import type { Router, RouterMiddleware } from '@koa/router';
import type { Middleware } from 'koa';
import { SCOPES, type Scope } from '../../shared/domain/access.ts';
import type { RequestState } from './middleware/request-context.ts';
import { Problem } from './problems.ts';

/** Who may use a route: keys with this scope, whoever holds a link that is signed, or everybody. */
export type RouteAccess = Scope | 'link' | 'public';

/** What a route that changes something is called in the audit log, e.g. `job.cancel`. */
export interface ActionAccess {
  readonly scope: Scope;
  readonly action: string;
}

/** A route that the router serves. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{name}` parameters, as in OpenAPI. */
  readonly path: string;
  readonly access: RouteAccess;
  readonly action?: string;
}

type Handler = RouterMiddleware<RequestState>;
/** Lets requests of one scope, or by a link, pass. */
export type Admission = (access: Scope | 'link') => Middleware<RequestState>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** An id that cannot be one needs no look into the store. */
const jobIdIsOne: Handler = (ctx, next) => {
  const { job_id: id = '' } = ctx.params;
  if (UUID.test(id)) return next();
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
    this.#add('GET', paths, access, handlers);
  }

  post(paths: string | readonly string[], { scope, action }: ActionAccess, ...handlers: readonly Handler[]): void {
    this.#add('POST', paths, scope, handlers, action);
  }

  put(paths: string | readonly string[], { scope, action }: ActionAccess, ...handlers: readonly Handler[]): void {
    this.#add('PUT', paths, scope, handlers, action);
  }

  delete(paths: string | readonly string[], { scope, action }: ActionAccess, ...handlers: readonly Handler[]): void {
    this.#add('DELETE', paths, scope, handlers, action);
  }

  #add(
    method: Route['method'],
    paths: string | readonly string[],
    access: RouteAccess,
    handlers: readonly Handler[],
    action?: string,
  ): void {
    const named = action === undefined ? [] : [naming(action)];
    for (const path of [paths].flat()) {
      this.#routes.push({ method, path: shown(path), access, ...(action !== undefined && { action }) });
      this.#router.register(path, [method], [...named, ...this.#before(path, access), ...handlers]);
    }
  }

  /** @throws Error for a route that does not say who may use it. */
  #before(path: string, access: RouteAccess): readonly Handler[] {
    // The handler of a link checks it: only it knows what was signed.
    if (access === 'public') return [];
    if (access === 'link') return [this.#admission('link')];
    if (!SCOPES.includes(access)) throw new Error(`A route has the scope ${JSON.stringify(access)}; there are ${SCOPES.join(', ')}.`);
    return [this.#admission(access), ...(path.includes(':job_id') ? [jobIdIsOne] : [])];
  }
}

/** Before all else: whoever is refused is in the audit log too. */
function naming(action: string): Handler {
  return (ctx, next) => {
    ctx.state.action = action;
    return next();
  };
}

/** `/v1/jobs/:job_id` → `/v1/jobs/{job_id}`. */
function shown(path: string): string {
  return path.replace(/(?<!\\):(\w+)/g, '{$1}').replaceAll('\\', '');
}
