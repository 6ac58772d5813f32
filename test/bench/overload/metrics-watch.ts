import type { RunningService } from '../../../deploy/local/system.d.mts';
import { ParsedMetrics } from '../../support/parsed-metrics.ts';
import { nowMs } from './answers.ts';

/** What a process showed at /metrics. */
export interface Scrape {
  readonly atMs: number;
  readonly service: string;
  readonly metrics: ParsedMetrics;
}

const EVERY_MS = 1_000;
const TIMEOUT_MS = 3_000;

/** Scrapes every process once a second. */
export class MetricsWatch {
  readonly #processes: () => readonly RunningService[];
  readonly #scrapes: Scrape[] = [];
  readonly #timer: NodeJS.Timeout;
  #failures = 0;

  constructor(processes: () => readonly RunningService[]) {
    this.#processes = processes;
    this.#timer = setInterval(() => void this.look(), EVERY_MS);
  }

  /** Scrapes all now. */
  async look(): Promise<void> {
    await Promise.all(this.#processes().map((one) => this.#scrape(one).catch(() => (this.#failures += 1))));
  }

  /** @returns what was seen, in order; `failures`: scrapes that were not answered. */
  async stop(): Promise<{ readonly scrapes: readonly Scrape[]; readonly failures: number }> {
    clearInterval(this.#timer);
    await this.look();
    return { scrapes: this.#scrapes, failures: this.#failures };
  }

  async #scrape({ service, healthPort }: RunningService): Promise<void> {
    const askedMs = nowMs();
    const response = await fetch(`http://127.0.0.1:${healthPort}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const metrics = new ParsedMetrics(await response.text());
    this.#scrapes.push({ atMs: (askedMs + nowMs()) / 2, service, metrics });
  }
}
