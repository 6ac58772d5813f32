import type { IncomingMessage } from 'node:http';
import type { RequestContext } from './middleware/request-context.ts';
import { upgradeOf } from './upgrade.ts';

/** A refused body is read on so far, so that the client gets to read the answer; then the connection is cut. */
const MOST_DISCARDED_BYTES = 16_777_216;
const LONGEST_DISCARD_MS = 5_000;

/**
 * Reads and drops what is left of a request's body, within limits. Closing at once instead makes the kernel send a reset,
 * which clients see before the answer.
 */
export function discardRest(req: IncomingMessage): void {
  if (req.readableEnded || req.destroyed) return;
  if (req.complete) {
    req.resume();
    return;
  }
  let discarded = 0;
  const timer = setTimeout(() => req.socket.destroy(), LONGEST_DISCARD_MS);
  req.on('error', () => {});
  req.on('close', () => clearTimeout(timer));
  req.on('end', () => clearTimeout(timer));
  req.on('data', (chunk: Buffer) => {
    discarded += chunk.length;
    if (discarded > MOST_DISCARDED_BYTES) req.socket.destroy();
  });
}

/**
 * Deals with a body that nobody has asked for, once the request is decided: reads it off within limits, or for a client
 * that was not told to continue, and may or may not send it, closes the connection after the answer.
 */
export function settleBody(ctx: RequestContext): void {
  const { req, res, state } = ctx;
  if (upgradeOf(req)) return;
  if (!isWaiting(req) || state.hasContinued) discardRest(req);
  else if (!res.headersSent) ctx.set('Connection', 'close');
}

/** Tells a client that waits with `Expect: 100-continue` to send its body. Refusals before this call spare it the sending. */
export function mayContinue(ctx: RequestContext): void {
  if (isWaiting(ctx.req)) {
    ctx.res.writeContinue();
    ctx.state.hasContinued = true;
  }
}

/** Whether the client holds its body back until told. */
export function isWaiting(req: IncomingMessage): boolean {
  return req.headers.expect?.toLowerCase() === '100-continue';
}
