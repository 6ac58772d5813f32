import type { BreakerSettings } from '../domain/control/breaker.ts';
import type { Endpoint, SummarySettings } from '../ports/outside.ts';
import type { Config } from './config.ts';
import type { UrlPolicySettings } from './outgoing/url-policy.ts';

/** Which hosts jobs need, by HTTP_ENDPOINTS and SUMMARIZE_URL. */
export function outsideSites({ httpEndpoints, summarizeUrl }: Pick<Config<'gateway'>, 'httpEndpoints' | 'summarizeUrl'>): {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly summaryUrl?: string;
} {
  const endpoints = new Map(httpEndpoints.map((endpoint) => [endpoint.name, endpoint]));
  return { endpoints, ...(summarizeUrl !== undefined && { summaryUrl: summarizeUrl }) };
}

/** What a submission may name. */
export function outsideSetUp({ httpEndpoints, summarizeUrl }: Pick<Config<'gateway'>, 'httpEndpoints' | 'summarizeUrl'>) {
  return { endpoints: new Set(httpEndpoints.map(({ name }) => name)), hasModel: summarizeUrl !== undefined };
}

/** What the variables SUMMARIZE_* say, where there is a model. */
export function summarySettings(config: Config<'worker'>): SummarySettings | undefined {
  const { summarizeUrl: url, summarizeModel: model, summarizePrices: pricePerMillion } = config;
  const apiKey = config.summarizeApiKey ?? config.summarizeApiKeyFile;
  if (url === undefined || model === undefined) return undefined;
  return {
    ...{ url, model, timeoutMs: config.summarizeTimeoutMs, batchDocuments: config.summarizeBatchDocuments },
    ...(apiKey !== undefined && { apiKey }),
    ...(pricePerMillion && { pricePerMillion }),
  };
}

/** What the variables BREAKER_* say. */
export function breakerSettings(config: Config<'worker'>): BreakerSettings {
  const { breakerFailures: failures, breakerWindowMs: windowMs, breakerProbeMs: probeMs, breakerProbeMaxMs: probeMaxMs } = config;
  return { failures, windowMs, probeMs, probeMaxMs };
}

/** The operator has named these hosts: they may be asked wherever they are, and no others. */
export function outsidePolicy(urls: readonly string[]): UrlPolicySettings {
  const allowHosts = urls.map((url) => new URL(url).hostname.replace(/^\[|\]$/g, ''));
  return { allowHttp: true, ports: [[1, 65_535]], allowHosts };
}
