import type { Router } from '@koa/router';
import type { Middleware } from 'koa';
import { Problem } from '../problems.ts';
import type { RequestState } from './request-context.ts';

/** What the router takes, and what is answered where it takes nothing. */
export interface Matching {
  /** The routes; a word that names one is no value of another's parameter: `GET /letters/replay` is not `GET /letters/:id`. */
  readonly routes: Middleware<RequestState>;
  /** Answers what no route has taken: OPTIONS with 204 and Allow, a known path with 405 and Allow, else 404. */
  readonly unmatched: Middleware<RequestState>;
}

/** What a path without parameters is answered by. */
interface NamedRoute {
  /** As it was declared. */
  readonly path: string;
  readonly handle: Middleware<RequestState>;
}

/** By path, then by method. */
type NamedRoutes = ReadonlyMap<string, ReadonlyMap<string, NamedRoute>>;

/** @param router with all its routes. */
export function matching(router: Router<RequestState>): Matching {
  const named = namedRoutes(router);
  const serve = router.routes() as unknown as Middleware<RequestState>;
  return {
    // The router tries each of its routes, and builds their chain anew, on every request: what needs no parameters is looked up.
    routes: (ctx, next) => {
      const methods = named.get(ctx.path);
      if (!methods) return serve(ctx, next);
      const route = methods.get(ctx.method);
      if (!route) return next();
      ctx['_matchedRoute'] = route.path;
      ctx['params'] = {};
      return route.handle(ctx, next);
    },
    unmatched: (ctx) => {
      const found = named.get(ctx.path)?.keys() ?? router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods);
      const methods = [...new Set(found)];
      if (methods.length === 0) throw new Problem('not_found', { detail: 'GET / lists the paths.' });
      const allow = [...methods, 'OPTIONS'].join(', ');
      ctx.set('Allow', allow);
      if (ctx.method !== 'OPTIONS') throw new Problem('method_not_allowed', { detail: `${ctx.method} is not among ${allow}.` });
      ctx.status = 204;
    },
  };
}

function namedRoutes({ stack }: Router<RequestState>): NamedRoutes {
  const named = new Map<string, Map<string, NamedRoute>>();
  for (const { paramNames, path: declared, methods, stack: handlers } of stack) {
    if (paramNames.length > 0) continue;
    const path = String(declared).replaceAll('\\', '');
    const ofPath = named.get(path) ?? new Map<string, NamedRoute>();
    named.set(path, ofPath);
    const handle = inOrder(handlers as unknown as readonly Middleware<RequestState>[]);
    for (const method of methods) if (!ofPath.has(method)) ofPath.set(method, { path: String(declared), handle });
  }
  return named;
}

/** Each handler is given the one after it. */
function inOrder(handlers: readonly Middleware<RequestState>[]): Middleware<RequestState> {
  return (ctx, next) => handlers.reduceRight((after: () => Promise<unknown>, handle) => async () => handle(ctx, after), next)();
}
