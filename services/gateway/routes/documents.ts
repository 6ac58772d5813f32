import { isUnchanged } from '../conditional.ts';
import { DocsFiles, type ServedFile } from '../docs-files.ts';
import { acceptsJson, checkAccepts } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import type { RouteTable } from '../route-table.ts';

/** Documents of the API, made once they are asked for: then all routes are known. */
export interface Documents {
  openApi(): object;
  asyncApi(): object;
}

/** Only files of the gateway itself run; pictures of the library's styles are in data URLs. */
const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Files keep their names from release to release, so they are asked for anew, and 304 is the usual answer. */
const CACHING = 'public, max-age=300, must-revalidate';

function send(ctx: RequestContext, { mediaType, bytes, gzipped, entityTag }: ServedFile): void {
  ctx.set({ 'Cache-Control': CACHING, ETag: entityTag, Vary: 'Accept-Encoding' });
  if (isUnchanged(ctx, entityTag)) {
    ctx.status = 304;
    return;
  }
  ctx.set('Content-Type', mediaType);
  const takesGzip = ctx.acceptsEncodings('gzip', 'identity') === 'gzip';
  if (takesGzip) ctx.set('Content-Encoding', 'gzip');
  ctx.body = takesGzip ? gzipped : bytes;
}

/** A document in JSON, made once it is asked for: then all routes are known. */
export function jsonDocumentRoute(routes: RouteTable, path: string, make: () => object): void {
  let text: string | undefined;
  routes.get(path, 'public', acceptsJson, (ctx) => {
    text ??= JSON.stringify(make());
    ctx.type = 'application/json';
    ctx.body = text;
  });
}

/** GET /openapi.json, /asyncapi.json, and /docs, which shows the first of them without any other server. */
export function documentRoutes(routes: RouteTable, documents: Documents): void {
  const files = new DocsFiles();
  jsonDocumentRoute(routes, '/openapi.json', () => documents.openApi());
  jsonDocumentRoute(routes, '/asyncapi.json', () => documents.asyncApi());
  routes.get('/docs', 'public', async (ctx) => {
    checkAccepts(ctx, 'text/html');
    ctx.set('Content-Security-Policy', PAGE_POLICY);
    send(ctx, await files.page());
  });
  routes.get('/docs/:file', 'public', async (ctx) => {
    const file = await files.read(ctx.params['file'] ?? '');
    if (!file) throw new Problem('not_found', { detail: 'GET /docs is the page; it has no file of this name.' });
    send(ctx, file);
  });
}
