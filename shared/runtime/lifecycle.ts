import { JoblineError } from '../domain/failures.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';
import type { Health } from './health.ts';

/** Beyond `shutdownTimeoutMs`, for releasing what did not finish and closing connections. */
const CLOSING_GRACE_MS = 15_000;
/** After an unexpected error the state is doubtful: stopping gets this long. */
const CRASH_STOP_MS = 5_000;

export interface ProcessOptions {
  /** Name of the process in its logs. */
  readonly name: string;
  /** Started in this order, stopped in reverse. */
  readonly services: readonly Service[];
  readonly logger: Logger;
  /** How long services let work in flight finish; the process ends at most 15 s later. */
  readonly shutdownTimeoutMs: number;
  /** Told when everything is started, and before anything stops. */
  readonly health?: Health;
  /** Called once everything is started. */
  onStarted?(): void;
}

class ProcessRun {
  readonly #options: ProcessOptions;
  readonly #started: Service[] = [];
  #stopping: Promise<void> | undefined;

  constructor(options: ProcessOptions) {
    this.#options = options;
  }

  get #isStopping(): boolean {
    return this.#stopping !== undefined;
  }

  async run(): Promise<void> {
    const { name, logger } = this.#options;
    process.on('SIGTERM', () => this.#onSignal('SIGTERM'));
    process.on('SIGINT', () => this.#onSignal('SIGINT'));
    process.on('uncaughtException', (error) => this.#onCrash(error, 'an exception was not caught'));
    process.on('unhandledRejection', (error) => this.#onCrash(error, 'a rejection was not handled'));
    try {
      await this.#startAll();
    } catch (error) {
      if (this.#isStopping) return;
      logger.error({ ...startFailure(error) }, 'start failed');
      await this.#stop(CRASH_STOP_MS, 1);
      return;
    }
    if (this.#isStopping) return;
    this.#options.health?.markStarted();
    logger.info({ pid: process.pid }, `${name} is up`);
    this.#options.onStarted?.();
  }

  async #startAll(): Promise<void> {
    for (const service of this.#options.services) {
      if (this.#isStopping) return;
      // Stop is safe before and during start, so a service that fails half-way is stopped too.
      this.#started.push(service);
      try {
        await service.start();
      } catch (error) {
        throw new StartError(service.name, error);
      }
    }
  }

  #onSignal(signal: string): void {
    const { logger, shutdownTimeoutMs } = this.#options;
    if (this.#isStopping) {
      logger.warn({ signal }, 'second signal, ending at once');
      process.exit(1);
    }
    logger.info({ signal }, 'stopping');
    void this.#stop(shutdownTimeoutMs + CLOSING_GRACE_MS, 0);
  }

  #onCrash(error: unknown, message: string): void {
    this.#options.logger.error({ err: error }, message);
    process.exitCode = 1;
    void this.#stop(CRASH_STOP_MS, 1);
  }

  #stop(withinMs: number, exitCode: number): Promise<void> {
    this.#stopping ??= this.#stopAll(withinMs, exitCode);
    return this.#stopping;
  }

  async #stopAll(withinMs: number, exitCode: number): Promise<void> {
    const { health, logger } = this.#options;
    health?.markStopping();
    let current = '';
    setTimeout(() => {
      logger.error({ waiting_for: current }, 'stopping took too long, ending');
      process.exit(1);
    }, withinMs).unref();
    let code = exitCode;
    // A service that is being started when the signal comes is stopped as well, in its turn.
    for (const service of this.#started.toReversed()) {
      current = service.name;
      try {
        await service.stop();
      } catch (error) {
        code = 1;
        logger.error({ err: error, part: service.name }, 'stopping a part failed');
      }
    }
    logger.info({ code: process.exitCode ?? code }, 'stopped');
    process.exit(Number(process.exitCode ?? code));
  }
}

/** A part of the process could not start. */
class StartError extends Error {
  readonly part: string;

  constructor(part: string, cause: unknown) {
    super(`${part} did not start: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.part = part;
  }
}

/** Failures that we know speak for themselves; of others the stack is logged. */
function startFailure(error: unknown): object {
  const cause = error instanceof Error ? error.cause : undefined;
  const isKnown = cause instanceof JoblineError || (cause instanceof Error && 'syscall' in cause);
  if (!isKnown || !(error instanceof StartError)) return { err: error };
  return { part: error.part, code: (cause as { code?: string }).code, reason: cause.message };
}

/**
 * Runs a process: starts its services in order, and stops them in reverse at SIGTERM or SIGINT (readiness goes first;
 * exit 0). Second signal: exit 1 at once. A failed start, an uncaught exception or an unhandled rejection: what was
 * started is stopped, exit 1. Resolves once everything is up.
 */
export function runProcess(options: ProcessOptions): Promise<void> {
  return new ProcessRun(options).run();
}
