import type { Middleware } from 'koa';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { RequestMeter } from '../../../shared/ports/metrics.ts';
import type { RequestState } from './request-context.ts';

/** A WebSocket: its handshake is answered past the response. */
const SWITCHED = 101;

export interface MeasuredOptions {
  /** `api` or `admin`. */
  readonly listener: string;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly meter: RequestMeter;
}

/** Tells the meter of every request, once its answer is sent or its client gone. */
export function measured({ listener, clock, meter }: MeasuredOptions): Middleware<RequestState> {
  return (ctx, next) => {
    const startedAtMs = clock.monotonicMs();
    ctx.res.once('close', () => {
      const { problem, bound } = ctx.state;
      const route = ctx['_matchedRoute'];
      meter.note({
        listener,
        method: ctx.method,
        route: route === undefined ? undefined : String(route),
        status: ctx.headerSent || ctx.status === SWITCHED ? ctx.status : 0,
        ...(problem !== undefined && { problem }),
        ...(bound && { bound }),
        isRepeated: ctx.res.hasHeader('Idempotent-Replayed'),
        durationMs: clock.monotonicMs() - startedAtMs,
      });
    });
    return next();
  };
}
