import type { Middleware } from 'koa';
import type { RequestState } from './request-context.ts';

/** What a page may send: nothing else is read by the API. */
const ALLOWED_HEADERS = [
  'Accept',
  'Authorization',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Prefer',
  'Range',
  'traceparent',
  'X-API-Key',
  'X-Request-Id',
].join(', ');

/** What a page may read beside the few headers that Fetch shows anyway. */
const EXPOSED_HEADERS = [
  'Accept-Ranges',
  'Allow',
  'Content-Disposition',
  'Content-Location',
  'Content-Range',
  'ETag',
  'Idempotent-Replayed',
  'Link',
  'Location',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Repr-Digest',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
].join(', ');

/** Seconds for which a browser need not ask again. Chromium takes two hours at most. */
const PREFLIGHT_KEPT_S = '600';

/**
 * Lets pages of these origins use the API (Fetch, "CORS protocol"). Each is named in its answer: there is no wildcard, and
 * `Access-Control-Allow-Credentials` is never sent, since a key is a header and never a cookie. Others are answered as ever, and
 * their browsers keep the answer from them.
 * @param origins as browsers send them
 */
export function crossOrigin(origins: readonly string[]): Middleware<RequestState> {
  const allowed = new Set(origins);
  return async (ctx, next) => {
    // Also without an Origin: a cache must not give that answer to a page.
    ctx.vary('Origin');
    const origin = ctx.get('Origin');
    if (!allowed.has(origin)) return next();
    ctx.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED_HEADERS });
    await next();
    if (ctx.method !== 'OPTIONS' || ctx.get('Access-Control-Request-Method') === '') return;
    ctx.remove('Access-Control-Expose-Headers');
    ctx.vary('Access-Control-Request-Method, Access-Control-Request-Headers');
    ctx.set({
      'Access-Control-Allow-Methods': ctx.response.get('Allow'),
      'Access-Control-Allow-Headers': ALLOWED_HEADERS,
      'Access-Control-Max-Age': PREFLIGHT_KEPT_S,
    });
  };
}
