import type { RequestContext } from './middleware/request-context.ts';
import { Problem } from './problems.ts';

/** Media type of JSON. */
export const JSON_TYPE = 'application/json';

/** Media type of one JSON value a line. */
export const NDJSON_TYPE = 'application/x-ndjson';

/** Media type of server-sent events. */
export const EVENTS_TYPE = 'text/event-stream';

/** The body's media type, lower case, without parameters; empty where there is none. */
export function mediaTypeOf(ctx: RequestContext): string {
  const { 'content-type': type = '' } = ctx.req.headers;
  return type === JSON_TYPE ? type : type.split(';', 1)[0]!.trim().toLowerCase();
}

/** Refuses compressed bodies. @throws Problem unsupported_media_type. */
export function checkEncoding(ctx: RequestContext): void {
  const { 'content-encoding': encoding } = ctx.req.headers;
  if (encoding === undefined || encoding === '' || encoding.toLowerCase() === 'identity') return;
  const detail = `Content-Encoding ${encoding} is not accepted.`;
  throw new Problem('unsupported_media_type', { detail, headers: { 'Accept-Encoding': 'identity' } });
}

/** The problem for a body of another media type. @param accepted those that would do. */
export function otherMediaType(type: string, accepted: readonly string[]): Problem {
  const send = `send ${accepted.join(' or ')}.`;
  const detail = type === '' ? `A Content-Type is missing; ${send}` : `${type.slice(0, 100)} is not accepted; ${send}`;
  return new Problem('unsupported_media_type', { detail, headers: { 'Accept-Post': accepted.join(', ') } });
}

/** True for `application/json` and `application/*+json`. */
export function isJson(type: string): boolean {
  return type === JSON_TYPE || /^application\/[\w.+-]+\+json$/.test(type);
}
