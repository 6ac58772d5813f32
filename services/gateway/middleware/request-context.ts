import { randomUUID } from 'node:crypto';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Principal } from '../../../shared/domain/access.ts';
import type { Bound } from '../../../shared/domain/bounds.ts';

/** Facts of a request that later middleware uses. */
export interface RequestState {
  /** 32 hex digits: the trace id of a valid `traceparent`, else a new one. Shown in problems and logs. */
  traceId: string;
  /** The client's own X-Request-Id where it is well-formed, else the trace id. Echoed. */
  requestId: string;
  /** `100 Continue` was sent. */
  hasContinued?: boolean;
  /** Code of the problem that is answered. */
  problem?: string;
  /** The bound that the problem refuses for. */
  bound?: Bound;
  /** Who counts as one client: an API key, or without keys an address. */
  client?: string;
  /** Counts the request out of those in flight: it stays open, and is bounded otherwise. */
  leaveFlight?: () => void;
  /** Whose jobs the request is about; before it is known who asks, and on public routes, nobody's. */
  tenant: string;
  /** Who asks; absent on public routes. */
  principal?: Principal;
  /** What the route is called in the audit log. */
  action?: string;
  /** Id of what the request has made. */
  made?: string;
  /** Jobs of a batch that were accepted. */
  jobs?: number;
}

/** What routes and middleware are given. */
export type RequestContext = ParameterizedContext<RequestState>;

/** W3C Trace Context, version 00 to fe; all-zero ids are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;
/** The name of no tenant. */
const NOBODY = '';
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The API serves data, never documents of its own origin: nothing it answers may run or be framed. */
const SECURITY_HEADERS = Object.entries({
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
});

/** Gives each request its ids, and each answer the headers that all share. */
export const requestContext: Middleware<RequestState> = (ctx, next) => {
  const { req, res, state } = ctx;
  const { traceparent, 'x-request-id': given } = req.headers;
  state.traceId = (typeof traceparent === 'string' && TRACEPARENT.exec(traceparent)?.[1]) || randomUUID().replaceAll('-', '');
  state.tenant = NOBODY;
  state.requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : state.traceId;
  for (const [name, value] of SECURITY_HEADERS) res.setHeader(name, value);
  res.setHeader('X-Request-Id', state.requestId);
  return next();
};
