import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { z } from 'zod';
import { UploadTooLargeError } from '../../../shared/domain/failures.ts';
import type { Upload } from '../../../shared/ports/output-store.ts';
import { mayContinue } from '../body-rest.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { acceptsJson } from '../middleware/accepts-json.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';
import { readQuery } from '../query.ts';
import type { RouteTable } from '../route-table.ts';

const uploadQuery = z.strictObject({
  filename: z
    .string()
    .min(1)
    .max(255)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
    .regex(/^[^\x00-\x1f\x7f/\\]+$/, 'must not contain slashes or control characters')
    .optional(),
});
const MEDIA_TYPE = /^[A-Za-z0-9!#$&^_.+-]{1,100}\/[A-Za-z0-9!#$&^_.+-]{1,100}(?:\s*;.{0,200})?$/;
const RETRY_AFTER_S = '10';

/** What the client called the body; `curl --data-binary` says it sends a form, and means bytes. */
function mediaTypeOf(ctx: RequestContext): string {
  const encoding = ctx.get('Content-Encoding').toLowerCase();
  if (encoding !== '' && encoding !== 'identity') {
    const detail = `Content-Encoding ${encoding.slice(0, 50)} is not accepted; send a compressed file as it is, without that header.`;
    throw new Problem('unsupported_media_type', { detail, headers: { 'Accept-Encoding': 'identity' } });
  }
  const type = ctx.get('Content-Type').trim();
  if (type === '' || type.startsWith('application/x-www-form-urlencoded')) return 'application/octet-stream';
  if (type.toLowerCase().startsWith('multipart/')) {
    throw new Problem('unsupported_media_type', { detail: 'Send the file as the raw body, not as a form: curl --data-binary @file.csv.' });
  }
  if (!MEDIA_TYPE.test(type)) throw new Problem('unsupported_media_type', { detail: 'The Content-Type is not a media type.' });
  return type;
}

const endedEarly = () => new Problem('bad_request', { detail: 'The body ended early.' });

/** Waits for the first bytes, and leaves them where they are. @throws Problem empty_upload when there are none. */
async function checkNotEmpty(req: IncomingMessage): Promise<void> {
  // Gone already, while the store was asked: no event would come any more.
  if (req.destroyed) throw endedEarly();
  const hasBytes = await new Promise<boolean>((resolve, reject) => {
    const early = () => reject(endedEarly());
    const look = () => {
      req.off('readable', look).off('end', look).off('error', early).off('close', early);
      resolve(req.readableLength > 0);
    };
    req.on('readable', look).on('end', look).on('error', early).on('close', early);
  });
  if (!hasBytes) throw new Problem('empty_upload', { detail: 'The body has no bytes.' });
}

/**
 * The body as a stream of its own. The store destroys its source when it gives up; were that the request itself, the
 * socket would go with it, and the client would never read why.
 */
function bodyOf(req: IncomingMessage): Readable {
  const body = new PassThrough();
  const early = () => {
    if (!req.readableEnded) body.destroy(endedEarly());
  };
  req.on('error', early).on('close', early);
  return req.pipe(body);
}

function uploadView(upload: Upload): Readonly<Record<string, unknown>> {
  return {
    upload_id: upload.id,
    filename: upload.originalName,
    media_type: upload.mediaType,
    size_bytes: upload.sizeBytes,
    sha256: upload.sha256,
    created_at: upload.createdAt.toISOString(),
    expire_at: upload.expireAt.toISOString(),
    links: { self: `/v1/uploads/${upload.id}` },
  };
}

/** Streams a file into the store; nothing of it is held in memory beyond the stream's buffers. */
async function receive(deps: GatewayDeps, ctx: RequestContext): Promise<Upload> {
  const { maxUploadBytes: maxBytes } = deps.limits;
  const { filename: originalName } = readQuery(ctx, uploadQuery);
  const mediaType = mediaTypeOf(ctx);
  if (Number(ctx.get('Content-Length')) > maxBytes) throw new UploadTooLargeError(maxBytes);
  // Asks the store first: the client need not send gigabytes to hear that it is away.
  await deps.guard.run(() => deps.store.serverTime());
  mayContinue(ctx);
  await checkNotEmpty(ctx.req);
  return deps.outputs.createUpload(
    { tenant: ctx.state.tenant, mediaType, maxBytes, ...(originalName !== undefined && { originalName }) },
    bodyOf(ctx.req),
  );
}

/** POST /v1/uploads and GET /v1/uploads/{id}. */
export function uploadRoutes(routes: RouteTable, deps: GatewayDeps): void {
  const { uploads } = deps.bounds;
  routes.post('/v1/uploads', { scope: 'submit', action: 'upload.create' }, acceptsJson, async (ctx) => {
    const leave = uploads.enter();
    if (!leave) {
      const detail = `${uploads.open} uploads are being received already, which is the limit.`;
      throw new Problem('overloaded', { detail, headers: { 'Retry-After': RETRY_AFTER_S }, bound: 'uploads' });
    }
    try {
      const upload = await receive(deps, ctx);
      ctx.state.made = upload.id;
      ctx.status = 201;
      ctx.set('Location', `/v1/uploads/${upload.id}`);
      ctx.body = uploadView(upload);
    } finally {
      leave();
    }
  });
  routes.get('/v1/uploads/:upload_id', 'read', acceptsJson, async (ctx) => {
    const id = ctx.params['upload_id'] ?? '';
    const upload = await deps.guard.run(() => deps.outputs.readUpload(id));
    if (upload?.tenant !== ctx.state.tenant)
      throw new Problem('upload_not_found', { detail: `There is no upload ${JSON.stringify(id.slice(0, 100))}.` });
    ctx.body = uploadView(upload);
  });
}
