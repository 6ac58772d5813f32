import { fork } from 'node:child_process';
import type { Outcome } from '../../../shared/ports/stage-handler.ts';
import type { StageRequest } from './report-task.ts';

const HOST = new URL('./call-host.js', import.meta.url);

/**
 * Where a handler is called. `direct`: in the main thread of a fresh process. `thread`, `process`: through the worker's own
 * runners for these isolations.
 */
export const PLACES = ['direct', 'thread', 'process'] as const;
export type Place = (typeof PLACES)[number];

/** Calls of one handler, one after another, in a fresh process. */
export interface CallOrder {
  readonly place: Place;
  /** URL of the handler's module. */
  readonly module: string;
  readonly request: StageRequest;
  readonly calls: number;
  /** Each call has its own folder in it, `call-1` and so on. */
  readonly folder: string;
}

/** How long each call took, ms, and what the last one answered. */
export interface CallTimes {
  readonly callsMs: readonly number[];
  /** Of all calls together, those of handler processes included. */
  readonly cpuSeconds: number;
  readonly outcome: Outcome;
}

/** @throws Error when a call did not end with `done`. */
export function runCalls(order: CallOrder): Promise<CallTimes> {
  const child = fork(HOST, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], serialization: 'advanced' });
  child.send(order);
  return new Promise((resolve, reject) => {
    child.once('message', (answer: CallTimes | { readonly reason: string }) =>
      'reason' in answer ? reject(new Error(answer.reason)) : resolve(answer),
    );
    child.once('exit', (code, signal) => reject(new Error(`The process of the calls ended with ${code ?? signal}.`)));
  });
}
