import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { discardRest, mayContinue } from './body-rest.ts';
import { jsonErrorPosition } from './json-error-position.ts';
import { checkShape, type JsonLimits } from './json-shape.ts';
import { checkEncoding, isJson, JSON_TYPE, mediaTypeOf, otherMediaType } from './media-type.ts';
import type { RequestContext } from './middleware/request-context.ts';
import { Problem } from './problems.ts';

/** A JSON body must have arrived after this long; slow drips end here. */
const BODY_TIMEOUT_MS = 30_000;

export interface BodyLimits extends JsonLimits {
  readonly maxBodyBytes: number;
  /** Default 30,000. */
  readonly bodyTimeoutMs?: number;
}

const tooLarge = (maxBytes: number) =>
  new Problem('body_too_large', {
    detail: `The limit is ${maxBytes} bytes. Larger input goes through POST /v1/uploads.`,
    fields: { max_bytes: maxBytes },
  });

/** Collects a body of at most `maxBytes`. */
function collect(req: IncomingMessage, { maxBodyBytes, bodyTimeoutMs = BODY_TIMEOUT_MS }: BodyLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const timer = setTimeout(
      () => end(new Problem('request_timeout', { detail: `The body did not arrive within ${bodyTimeoutMs} ms.` })),
      bodyTimeoutMs,
    );
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size > maxBodyBytes) end(tooLarge(maxBodyBytes));
    };
    const onEnd = () => end();
    const onClose = () => end(new Problem('bad_request', { detail: 'The body ended early.' }));
    function end(problem?: Problem): void {
      clearTimeout(timer);
      req.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose);
      if (!problem) return resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
      discardRest(req);
      reject(problem);
    }
    req.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose);
  });
}

function checkHeaders(ctx: RequestContext, maxBytes: number): void {
  checkEncoding(ctx);
  const type = mediaTypeOf(ctx);
  if (!isJson(type)) throw otherMediaType(type, [JSON_TYPE]);
  if (Number(ctx.req.headers['content-length']) > maxBytes) throw tooLarge(maxBytes);
}

/** What a text is part of, for its problems. */
export interface TextPlace {
  readonly what: string;
  /** Number of the text's first line. */
  readonly line: number;
}

const BODY: TextPlace = { what: 'The body', line: 1 };

/** Parses JSON text. @param place default: the body. @throws Problem malformed_json with line and column, forbidden_json. */
export function parseJson(bytes: Buffer, place: TextPlace = BODY, limits: JsonLimits = {}): unknown {
  const { what } = place;
  if (bytes.length === 0) throw new Problem('malformed_json', { detail: `${what} is empty.`, fields: { offset: 0 } });
  if (!isUtf8(bytes))
    throw new Problem('malformed_json', { detail: `${what} is not UTF-8.`, fields: place === BODY ? {} : { line: place.line } });
  const raw = bytes.toString('utf8');
  const text = raw.startsWith('\uFEFF') ? raw.slice(1) : raw;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(text, place);
  }
  checkShape(value, text, what, limits);
  return value;
}

function malformed(text: string, { what, line: firstLine }: TextPlace): Problem {
  const position = jsonErrorPosition(text);
  const { offset, column } = position;
  const line = position.line + firstLine - 1;
  const how = offset === text.length ? 'ends too early' : `is not JSON from character ${JSON.stringify(text.slice(offset, offset + 1))} on`;
  return new Problem('malformed_json', {
    detail: `${what} ${how}, at line ${line}, column ${column}.`,
    fields: { offset, line, column },
  });
}

/**
 * Reads a JSON body.
 * @throws Problem malformed_json, forbidden_json, body_too_large, unsupported_media_type, request_timeout.
 */
export async function readJson(ctx: RequestContext, limits: BodyLimits): Promise<unknown> {
  checkHeaders(ctx, limits.maxBodyBytes);
  mayContinue(ctx);
  return parseJson(await collect(ctx.req, limits), BODY, limits);
}

/** As `readJson`; `{}` when the request has no body. */
export async function readOptionalJson(ctx: RequestContext, limits: BodyLimits): Promise<unknown> {
  const hasBody = ctx.get('Transfer-Encoding') !== '' || Number(ctx.get('Content-Length')) > 0;
  if (!hasBody) return {};
  return readJson(ctx, limits);
}
