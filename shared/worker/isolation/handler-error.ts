import type { JobError } from '../../domain/errors.ts';
import type { Outcome } from '../../ports/stage-handler.ts';

/** An attempt that failed for a reason of the handler's: another attempt may help. */
export function retryOutcome(error: JobError): Outcome {
  return { kind: 'retry', error };
}

/** A handler that threw. The message is the author's own; the stack goes to the log only. */
export function thrownOutcome(error: unknown): Outcome {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return retryOutcome({ code: 'handler_error', message: `The handler failed: ${message}`.slice(0, 2_000), errorClass: 'retry' });
}

/** A handler whose thread or process ended by itself. */
export function crashedOutcome(how: string, detail: Readonly<Record<string, unknown>> = {}): Outcome {
  return retryOutcome({ code: 'handler_crashed', message: `The handler ended without an answer: ${how}.`, errorClass: 'crash', detail });
}

/** A handler that took more memory than it may. */
export function memoryOutcome(memoryMb: number): Outcome {
  return retryOutcome({
    code: 'memory_limit_exceeded',
    message: `The handler used more than its ${memoryMb} MiB of memory and was ended.`,
    errorClass: 'crash',
    detail: { memory_mb: memoryMb },
  });
}

/** A handler that was stopped from outside; the engine knows why and decides. */
export function stoppedOutcome(reason: unknown): Outcome {
  return retryOutcome({ code: 'handler_stopped', message: `The handler was stopped: ${String(reason)}.`, errorClass: 'timeout' });
}

/** True for something that has the shape of an outcome. */
export function isOutcome(value: unknown): value is Outcome {
  if (typeof value !== 'object' || value === null) return false;
  const { kind, error, afterMs } = value as { kind?: unknown; error?: Partial<JobError>; afterMs?: unknown };
  if (kind === 'done') return true;
  if (kind === 'hold') return typeof afterMs === 'number' && afterMs >= 0;
  return (kind === 'retry' || kind === 'reject') && typeof error?.code === 'string' && typeof error.message === 'string';
}

/** What a handler answered, made safe: anything that is not an outcome is a failure of the handler. */
export function checkedOutcome(value: unknown): Outcome {
  return isOutcome(value)
    ? value
    : thrownOutcome(new TypeError('it answered something that is not an outcome (done, retry, reject or hold)'));
}
