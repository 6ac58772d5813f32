import type { GatewayDeps } from './gateway-deps.ts';

/** The broker's figures are an extra: no answer waits longer for them. */
const BROKER_WAIT_MS = 1_000;

/** What the broker says; undefined while it is away, cannot be asked, or is slow. */
export async function askBroker<T>(deps: Pick<GatewayDeps, 'clock' | 'logger'>, ask: () => Promise<T>): Promise<T | undefined> {
  const waited = new AbortController();
  try {
    return await Promise.race([ask(), deps.clock.sleep(BROKER_WAIT_MS, waited.signal).then(() => undefined)]);
  } catch (error) {
    deps.logger.debug({ err: error }, 'figures of the broker are not available');
    return undefined;
  } finally {
    waited.abort();
  }
}
