import type { IncomingMessage } from 'node:http';
import type { Middleware } from 'koa';
import { isWaiting } from '../body-rest.ts';
import { Problem } from '../problems.ts';
import type { RequestState } from './request-context.ts';

const MOST_URL_BYTES = 8_192;
const MOST_HEADERS = 100;

/** What node:http leaves to the app of a request's head. */
export interface HeadLimits {
  /** Default 8,192. */
  readonly maxUrlBytes?: number;
  /** Lines of headers. Default 100. */
  readonly maxHeaders?: number;
}

function checkSize({ url = '', rawHeaders }: IncomingMessage, { maxUrlBytes = MOST_URL_BYTES, maxHeaders = MOST_HEADERS }: HeadLimits) {
  if (url.length > maxUrlBytes) {
    throw new Problem('url_too_long', {
      detail: `The URL has ${url.length} bytes; the limit is ${maxUrlBytes}.`,
      fields: { max_bytes: maxUrlBytes },
    });
  }
  // A name and a value each.
  const headers = rawHeaders.length / 2;
  if (headers <= maxHeaders) return;
  const detail = `There are ${headers} headers; the limit is ${maxHeaders}.`;
  throw new Problem('headers_too_large', { detail, fields: { max_headers: maxHeaders }, bound: 'headers' });
}

/** `headersDistinct` would make a list of each header for it. */
function hasSeveralHosts({ rawHeaders }: IncomingMessage): boolean {
  return rawHeaders.filter((name, index) => index % 2 === 0 && name.length === 4 && name.toLowerCase() === 'host').length > 1;
}

/** What node:http would refuse without a body of its own, answered as a problem. */
export function validRequest(limits: HeadLimits): Middleware<RequestState> {
  return (ctx, next) => {
    const { headers, httpVersion } = ctx.req;
    checkSize(ctx.req, limits);
    if (httpVersion === '1.1' && !headers.host) throw new Problem('bad_request', { detail: 'The Host header is missing.' });
    if (hasSeveralHosts(ctx.req)) throw new Problem('bad_request', { detail: 'There are several Host headers.' });
    const coding = headers['transfer-encoding']?.trim().toLowerCase();
    if (coding !== undefined && coding !== 'chunked')
      throw new Problem('bad_request', { detail: 'Only Transfer-Encoding: chunked is known.' });
    if (headers.expect !== undefined && !isWaiting(ctx.req))
      throw new Problem('expectation_failed', { detail: 'Only Expect: 100-continue is known.' });
    return next();
  };
}
