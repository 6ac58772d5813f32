import { Router } from '@koa/router';
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

/** @param router with all its routes. */
export function matching(router: Router<RequestState>): Matching {
  const named = routersOfWords(router);
  const serve = served(router);
  const serveNamed = new Map([...named].map(([path, own]) => [path, served(own)]));
  return {
    routes: (ctx, next) => (serveNamed.get(ctx.path) ?? serve)(ctx, next),
    unmatched: (ctx) => {
      const layers = named.get(ctx.path)?.stack ?? router.match(ctx.path, ctx.method).path;
      const methods = new Set(layers.flatMap((layer) => layer.methods));
      if (methods.size === 0) throw new Problem('not_found', { detail: 'GET / lists the paths.' });
      const allow = [...methods, 'OPTIONS'].join(', ');
      ctx.set('Allow', allow);
      if (ctx.method !== 'OPTIONS') throw new Problem('method_not_allowed', { detail: `${ctx.method} is not among ${allow}.` });
      ctx.status = 204;
    },
  };
}

const served = (router: Router<RequestState>) => router.routes() as unknown as Middleware<RequestState>;

/** For each path without parameters a router with its routes alone: one that has all of them tries each of them on every request. */
function routersOfWords({ stack }: Router<RequestState>): ReadonlyMap<string, Router<RequestState>> {
  const routers = new Map<string, Router<RequestState>>();
  for (const layer of stack) {
    if (layer.paramNames.length > 0) continue;
    const path = String(layer.path).replaceAll('\\', '');
    const own = routers.get(path) ?? new Router<RequestState>({ sensitive: true, strict: true });
    own.stack.push(layer);
    routers.set(path, own);
  }
  return routers;
}
