import type { Router } from '@koa/router';
import type { Middleware } from 'koa';
import { Problem } from '../problems.ts';
import type { RequestState } from './request-context.ts';

/** Answers what no route has taken: OPTIONS with 204 and Allow, a known path with 405 and Allow, else 404. */
export function unmatched(router: Router<RequestState>): Middleware<RequestState> {
  return (ctx) => {
    const { path } = router.match(ctx.path, ctx.method);
    const methods = new Set(path.flatMap((layer) => layer.methods));
    if (methods.size === 0) throw new Problem('not_found', { detail: 'GET / lists the paths.' });
    const allow = [...methods, 'OPTIONS'].join(', ');
    ctx.set('Allow', allow);
    if (ctx.method !== 'OPTIONS') throw new Problem('method_not_allowed', { detail: `${ctx.method} is not among ${allow}.` });
    ctx.status = 204;
  };
}
