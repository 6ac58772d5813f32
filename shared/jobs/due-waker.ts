import { StoreUnavailableError } from '../domain/failures.ts';
import type { Clock } from '../ports/clock.ts';
import type { DueInstants, JobStore } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { Service } from '../ports/service.ts';

/** Nothing is due sooner: the store is asked again after this long, whatever was told. A wake that was missed costs no more. */
export const LOOK_AGAIN_MS = 1_000;
/** Between two looks: many changes share one, and many dues one run. */
const REST_MS = 20;

/** Kinds of work that wait for an instant. */
export type DueKind = keyof DueInstants;
const KINDS: readonly DueKind[] = ['bell', 'deadline'];

export interface DueWakerDeps {
  readonly store: Pick<JobStore, 'nextDue' | 'serverTime'>;
  /** Wakes when something is due soon that was not before. Absent: only looks tell. */
  readonly watch?: (woken: () => void) => { close(): Promise<void> };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Serves all that is due of this kind; resolves when that is done, and never rejects. */
  readonly serve: (kind: DueKind) => Promise<void>;
}

/**
 * Sleeps until the next instant at which something is due, and has it served then (docs/protocol.md, Due work). Any number may
 * run: what is served is a compare-and-set each. What it does not see, the sweeps' own metronome finds.
 */
export class DueWaker implements Service {
  readonly name = 'due-waker';
  readonly #deps: DueWakerDeps;
  readonly #stopped = new AbortController();
  /** Up to when, by the store's clock, each kind has been served: what is due until then is a sweep's matter. */
  readonly #servedUntil = new Map<DueKind, Date>();
  readonly #serving = new Map<DueKind, Promise<void>>();
  #wake = new AbortController();
  #watch: { close(): Promise<void> } | undefined;
  #running: Promise<void> | undefined;

  constructor(deps: DueWakerDeps) {
    this.#deps = deps;
  }

  async start(): Promise<void> {
    const wake = (): void => this.#wake.abort();
    this.#watch = this.#deps.watch?.(wake);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake.abort();
    await Promise.all([this.#running, this.#watch?.close()]);
    await Promise.all(this.#serving.values());
  }

  async #run(): Promise<void> {
    const { clock, logger } = this.#deps;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      this.#wake = new AbortController();
      let waitMs = LOOK_AGAIN_MS;
      try {
        waitMs = await this.#look();
      } catch (error) {
        // The sweeps say it when the store is away.
        if (!(error instanceof StoreUnavailableError)) logger.error({ err: error }, 'looking for the next due instant failed');
      }
      if (waitMs > REST_MS) await clock.sleep(waitMs, AbortSignal.any([signal, this.#wake.signal]));
      else await clock.sleep(waitMs, signal);
      if (this.#wake.signal.aborted) await clock.sleep(REST_MS, signal);
    }
  }

  /** Begins to serve what is due. @returns ms until the next look. */
  async #look(): Promise<number> {
    const { store } = this.#deps;
    const now = await store.serverTime();
    const waits = await Promise.all(KINDS.map((kind) => this.#lookFor(kind, now)));
    return Math.min(LOOK_AGAIN_MS, ...waits);
  }

  async #lookFor(kind: DueKind, now: Date): Promise<number> {
    // A run is under way: what has come due meanwhile is looked for when it has ended.
    if (this.#serving.has(kind)) return REST_MS;
    const after = this.#servedUntil.get(kind) ?? now;
    this.#servedUntil.set(kind, after);
    const next = await this.#deps.store.nextDue(kind, after);
    if (!next) return LOOK_AGAIN_MS;
    // A bell is due at its instant, a deadline has passed only after it.
    const lastServed = kind === 'bell' ? now : new Date(now.getTime() - 1);
    if (next > lastServed) return next.getTime() - lastServed.getTime();
    this.#servedUntil.set(kind, lastServed);
    this.#serving.set(
      kind,
      this.#deps.serve(kind).finally(() => this.#serving.delete(kind)),
    );
    return REST_MS;
  }
}
