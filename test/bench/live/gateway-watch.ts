import { ParsedMetrics } from '../../support/parsed-metrics.ts';

/** What the gateway said of itself, the worst of all looks. */
export interface GatewayFigures {
  readonly residentMb: number;
  readonly loopLagP99Ms: number;
  readonly loopLagMaxMs: number;
  readonly listeners: number;
}

const MIB = 1_048_576;

/** Scrapes the gateway each second while it answers. */
export class GatewayWatch {
  #worst: GatewayFigures = { residentMb: 0, loopLagP99Ms: 0, loopLagMaxMs: 0, listeners: 0 };
  readonly #timer: NodeJS.Timeout;
  readonly #url: string;

  /** @param admin base URL of the control plane. */
  constructor(admin: string) {
    this.#url = `${admin}/metrics`;
    this.#timer = setInterval(() => void this.look().catch(() => undefined), 1_000);
  }

  /** @throws Error while the gateway is away. */
  async look(): Promise<GatewayFigures> {
    const metrics = new ParsedMetrics(await (await fetch(this.#url)).text());
    const ms = (name: string) => (metrics.value(name) ?? 0) * 1_000;
    const now = {
      residentMb: Math.round((metrics.value('process_resident_memory_bytes') ?? 0) / MIB),
      loopLagP99Ms: ms('nodejs_eventloop_lag_p99_seconds'),
      loopLagMaxMs: ms('nodejs_eventloop_lag_max_seconds'),
      listeners: metrics.value('jobline_listeners') ?? 0,
    };
    this.#worst = Object.fromEntries(
      Object.entries(now).map(([name, value]) => [name, Math.max(value, this.#worst[name as keyof GatewayFigures])]),
    ) as unknown as GatewayFigures;
    return now;
  }

  /** @returns the worst of each. */
  stop(): GatewayFigures {
    clearInterval(this.#timer);
    return this.#worst;
  }
}
