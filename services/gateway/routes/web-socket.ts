import { WebSocketServer } from 'ws';
import type { GatewayDeps } from '../gateway-deps.ts';
import { JobSocket } from '../live/job-socket.ts';
import { watchKey } from '../live/key-watch.ts';
import type { LiveClient } from '../live/live-clients.ts';
import { ownerOf } from '../live/live-owner.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import type { RouteTable } from '../route-table.ts';
import { takeOver, type Upgrade, upgradeOf } from '../upgrade.ts';

/** A subscription to a thousand jobs, with an id for each, fits. */
const MOST_MESSAGE_BYTES = 262_144;
const VERSION = '13';
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** @throws Problem unless this is a handshake of RFC 6455. */
function checkHandshake(ctx: RequestContext): Upgrade {
  const upgrade = upgradeOf(ctx.req);
  if (!upgrade || ctx.get('Sec-WebSocket-Version') !== VERSION) {
    const headers = { Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Version': VERSION };
    throw new Problem('upgrade_required', { detail: 'This path speaks WebSocket, version 13.', headers });
  }
  if (!KEY.test(ctx.get('Sec-WebSocket-Key')))
    throw new Problem('bad_request', { detail: 'Sec-WebSocket-Key must be 16 bytes in base64.' });
  return upgrade;
}

/** Browsers send cookies of this origin along whatever page opens the connection, and ask nobody before. @throws Problem. */
function checkOrigin(ctx: RequestContext, allowed: readonly string[]): void {
  const origin = ctx.get('Origin');
  if (origin === '') return;
  const isOwn = URL.canParse(origin) && new URL(origin).host === ctx.host.toLowerCase();
  if (isOwn || allowed.includes(origin.toLowerCase())) return;
  throw new Problem('origin_not_allowed', {
    detail: `Pages of ${origin.slice(0, 200)} may not open a WebSocket here (WEBSOCKET_ORIGINS, CORS_ORIGINS).`,
  });
}

/** Stands for a connection until its handshake is done. */
class Handshake implements LiveClient {
  readonly kind = 'websocket';
  client: LiveClient | undefined;

  shutDown(): void {
    this.client?.shutDown();
  }
}

/** GET /v1/ws: many jobs, or all that a filter is for, over one connection. */
export function webSocketRoute(routes: RouteTable, deps: GatewayDeps): void {
  const { websocketOrigins = [], corsOrigins = [] } = deps.limits;
  const origins = [...websocketOrigins, ...corsOrigins];
  const server = new WebSocketServer({ noServer: true, maxPayload: MOST_MESSAGE_BYTES, clientTracking: false });
  routes.get('/v1/ws', 'read', (ctx) => {
    const upgrade = checkHandshake(ctx);
    checkOrigin(ctx, origins);
    const handshake = new Handshake();
    const leave = deps.live.clients.enter(handshake, ownerOf(ctx));
    const who = { tenant: ctx.state.tenant, traceId: ctx.state.traceId };
    ctx.status = 101;
    ctx.respond = false;
    upgrade.socket.once('close', () => handshake.client ?? leave('left'));
    takeOver(ctx.res, upgrade);
    server.handleUpgrade(ctx.req, upgrade.socket, upgrade.head, (socket) => {
      const client = new JobSocket(deps, socket, who);
      handshake.client = client;
      client.begin(leave);
      socket.once(
        'close',
        watchKey(deps.access, ctx.req, () => client.refuse()),
      );
    });
  });
}
