import type { Outcome, StageTask } from '../../ports/stage-handler.ts';

export type ToChild =
  | { readonly kind: 'run'; readonly module: string; readonly task: StageTask }
  | { readonly kind: 'stop'; readonly reason: string };

export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly fraction: number }
  | { readonly kind: 'outcome'; readonly outcome: Outcome };

/** The watchdog writes its reason to this descriptor before it ends the process. */
export const WATCHDOG_FD = 4;
export const MEMORY_EXCEEDED = 'memory';
