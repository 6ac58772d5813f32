import type { ServerResponse } from 'node:http';
import { NDJSON_TYPE } from '../media-type.ts';
import type { RequestContext } from '../middleware/request-context.ts';
import { Problem } from '../problems.ts';

/**
 * So much of an answer waits for a client that sends first and reads afterwards: the answers to some 100,000 accepted jobs.
 * Beyond it the request is not read on either.
 */
const MOST_UNREAD_BYTES = 8_388_608;

/** An answer that is written while the request is still being read. */
export class NdjsonAnswer {
  readonly #ctx: RequestContext;
  #hasBegun = false;

  constructor(ctx: RequestContext) {
    this.#ctx = ctx;
  }

  /** True once the status is sent: from then on nothing but lines can be answered. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Resolves when the client has read enough for more. @throws Problem bad_request when it is gone. */
  async write(lines: string): Promise<void> {
    const { res } = this.#ctx;
    this.#begin();
    res.write(lines);
    if (res.writableLength > MOST_UNREAD_BYTES) await event(res, 'drain');
  }

  /** Resolves when everything is handed to the operating system. @throws as `write`. */
  async end(): Promise<void> {
    const { res } = this.#ctx;
    this.#begin();
    const finished = event(res, 'finish');
    res.end();
    await finished;
  }

  #begin(): void {
    const { res } = this.#ctx;
    if (res.destroyed) throw clientGone();
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#ctx.status = 200;
    this.#ctx.set('Content-Type', NDJSON_TYPE);
    this.#ctx.set('X-Accel-Buffering', 'no');
    res.flushHeaders();
  }
}

const clientGone = () => new Problem('bad_request', { detail: 'The client is gone.' });

function event(res: ServerResponse, name: 'drain' | 'finish'): Promise<void> {
  return new Promise((resolve, reject) => {
    const happen = () => settle(resolve);
    const close = () => settle(() => reject(clientGone()));
    function settle(how: () => void): void {
      res.off(name, happen).off('close', close);
      how();
    }
    res.on(name, happen).on('close', close);
  });
}
