import { StoreUnavailableError } from '../../domain/failures.ts';
import { askOutside } from '../../jobs/outside/ask-outside.ts';
import { BreakerGuard } from '../../jobs/outside/breaker-guard.ts';
import { dependencyOf } from '../../jobs/outside/dependency-of.ts';
import { dependenciesOf } from '../../jobs/outside/outside-sites.ts';
import type { Breakers } from '../../ports/breakers.ts';
import type { CallbackSigner } from '../../ports/callback-signer.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { OutgoingHttp } from '../../ports/outgoing-http.ts';
import type { Outside, OutsideAnswer, OutsideRequest, TokenUse } from '../../ports/outside.ts';
import type { Config } from '../../runtime/config.ts';
import { breakerSettings, outsideSites, summarySettings } from '../../runtime/outside-settings.ts';

export interface WorkerOutsideDeps {
  readonly config: Config<'worker'>;
  readonly http: OutgoingHttp;
  readonly breakers: Pick<Breakers, 'read' | 'swap'>;
  readonly signer: Pick<CallbackSigner, 'headersOf'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Beyond the time limit of a request: for the writes around it. */
const PROBE_MARGIN_MS = 10_000;
const DEFAULT_TIMEOUT_MS = 30_000;
/** A job whose breaker cannot be asked or told comes again after this long. */
const STORE_AWAY_MS = 1_000;

/** Requests of a dependency by what became of them. */
export type RequestCounts = Record<Exclude<OutsideAnswer['kind'], 'refused'>, number>;

/** Asks what the operator has set, behind breakers, and counts. */
export class WorkerOutside implements Outside {
  readonly endpoints: Outside['endpoints'];
  readonly summary?: NonNullable<Outside['summary']>;
  readonly guard: BreakerGuard;
  /** By dependency: all that there are. */
  readonly requests: ReadonlyMap<string, RequestCounts>;
  readonly tokens = { input: 0, output: 0, cost: 0 };
  readonly #deps: WorkerOutsideDeps;

  constructor(deps: WorkerOutsideDeps) {
    const { config, breakers, clock, logger } = deps;
    const sites = outsideSites(config);
    const summary = summarySettings(config);
    this.#deps = deps;
    this.endpoints = sites.endpoints;
    if (summary) this.summary = summary;
    const timeouts = [...[...sites.endpoints.values()].map(({ timeoutMs }) => timeoutMs), summary?.timeoutMs ?? DEFAULT_TIMEOUT_MS];
    const probeLeaseMs = Math.max(...timeouts) + PROBE_MARGIN_MS;
    this.guard = new BreakerGuard({ breakers, clock, logger, settings: breakerSettings(config), probeLeaseMs });
    this.requests = new Map([...dependenciesOf(sites).keys()].map((id) => [id, { answered: 0, failed: 0, held: 0 }]));
  }

  async ask(request: OutsideRequest, signal: AbortSignal): Promise<OutsideAnswer> {
    const answer = await askOutside({ http: this.#deps.http, guard: this.guard }, request, signal).catch(
      (error: unknown): OutsideAnswer => {
        if (error instanceof StoreUnavailableError) return { kind: 'held', afterMs: STORE_AWAY_MS };
        throw error;
      },
    );
    const counts = this.requests.get(dependencyOf(request.url));
    if (counts && answer.kind !== 'refused') counts[answer.kind] += 1;
    return answer;
  }

  sign(tenant: string, id: string, body: string): Promise<Readonly<Record<string, string>>> {
    return this.#deps.signer.headersOf(tenant, id, body, this.#deps.clock.now());
  }

  noteTokens({ input, output, cost = 0 }: TokenUse): void {
    this.tokens.input += input;
    this.tokens.output += output;
    this.tokens.cost += cost;
  }
}
