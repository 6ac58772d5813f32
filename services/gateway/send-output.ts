import { pipeline } from 'node:stream/promises';
import type { OutputFile } from '../../shared/ports/output-store.ts';
import { parseRange } from './byte-range.ts';
import { attachment, isUnchanged } from './conditional.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import type { RequestContext } from './middleware/request-context.ts';
import { Problem } from './problems.ts';

const WEEK_S = 604_800;

/** Headers that hold for the whole file and for each part of it. */
function describe(ctx: RequestContext, file: OutputFile): void {
  ctx.set('Content-Type', file.mediaType);
  ctx.set({
    'Content-Disposition': attachment(file.name),
    'Accept-Ranges': 'bytes',
    'Cache-Control': `private, max-age=${WEEK_S}, immutable`,
    ETag: `"${file.sha256}"`,
    'Repr-Digest': `sha-256=:${Buffer.from(file.sha256, 'hex').toString('base64')}:`,
  });
}

/** A Range counts only while If-Range names this very content. */
function rangeOf(ctx: RequestContext, file: OutputFile) {
  const ifRange = ctx.get('If-Range');
  if (ifRange !== '' && ifRange !== `"${file.sha256}"`) return undefined;
  return ctx.method === 'GET' ? parseRange(ctx.get('Range'), file.sizeBytes) : undefined;
}

/** Streams a file, or the range of it that is asked for. @throws Problem range_not_satisfiable, FileGoneError. */
export async function sendOutput(deps: GatewayDeps, ctx: RequestContext, file: OutputFile): Promise<void> {
  const range = rangeOf(ctx, file);
  if (range === 'unsatisfiable') {
    const headers = { 'Content-Range': `bytes */${file.sizeBytes}` };
    throw new Problem('range_not_satisfiable', { detail: `The file has ${file.sizeBytes} bytes.`, headers });
  }
  const isWhole = range === undefined;
  const length = isWhole ? file.sizeBytes : range.end - range.start + 1;
  if (isUnchanged(ctx, `"${file.sha256}"`)) {
    describe(ctx, file);
    ctx.status = 304;
    return;
  }
  const bytes = ctx.method === 'HEAD' ? undefined : await deps.guard.run(() => deps.outputs.readFile(file.ref, range));
  describe(ctx, file);
  ctx.status = isWhole ? 200 : 206;
  ctx.length = length;
  if (!isWhole) ctx.set('Content-Range', `bytes ${range.start}-${range.end}/${file.sizeBytes}`);
  if (!bytes) return;
  // Not `ctx.body`: when the source fails half-way, the connection must be cut, or the client waits for ever.
  ctx.respond = false;
  await pipeline(bytes, ctx.res).catch((error: unknown) => {
    deps.logger.warn({ err: error, trace_id: ctx.state.traceId }, 'a download ended early');
  });
}
