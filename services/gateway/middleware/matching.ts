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

/** @param router with all its routes. */
export function matching(router: Router<RequestState>): Matching {
  const named = namedBesideParameters(router);
  const serve = router.routes() as unknown as Middleware<RequestState>;
  return {
    routes: (ctx, next) => (named.get(ctx.path)?.has(ctx.method) === false ? next() : serve(ctx, next)),
    unmatched: (ctx) => {
      const methods = named.get(ctx.path) ?? new Set(router.match(ctx.path, ctx.method).path.flatMap((layer) => layer.methods));
      if (methods.size === 0) throw new Problem('not_found', { detail: 'GET / lists the paths.' });
      const allow = [...methods, 'OPTIONS'].join(', ');
      ctx.set('Allow', allow);
      if (ctx.method !== 'OPTIONS') throw new Problem('method_not_allowed', { detail: `${ctx.method} is not among ${allow}.` });
      ctx.status = 204;
    },
  };
}

/** Methods of each path without parameters that a path with parameters would take as well. */
function namedBesideParameters(router: Router<RequestState>): ReadonlyMap<string, ReadonlySet<string>> {
  const hasParameters = ({ paramNames }: { paramNames: readonly unknown[] }) => paramNames.length > 0;
  const words = router.stack.filter((layer) => !hasParameters(layer)).map(({ path }) => String(path).replaceAll('\\', ''));
  const shared = words.filter((path) => router.match(path, 'GET').path.some(hasParameters));
  const methodsAt = (path: string) =>
    router
      .match(path, 'GET')
      .path.filter((layer) => !hasParameters(layer))
      .flatMap((layer) => layer.methods);
  return new Map(shared.map((path) => [path, new Set(methodsAt(path))]));
}
