import type { AccessDescription } from '../../shared/schema/openapi.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import type { RouteAccess, RouteTable } from './route-table.ts';

/** Who may use an operation, by the route that serves it. @throws Error for one that no route serves. */
function accessOf({ routes }: RouteTable, method: string, path: string): RouteAccess {
  const route = routes.find((one) => one.method === method.toUpperCase() && one.path === path);
  if (route) return route.access;
  throw new Error(`${method} ${path} is documented, and no route serves it.`);
}

/** What a document says of keys and scopes, by the running router. */
export function describedAccess(routes: RouteTable, { access }: GatewayDeps): AccessDescription {
  return {
    asksForKeys: access.asksForKeys,
    of: (method, path) => accessOf(routes, method, path),
  };
}
