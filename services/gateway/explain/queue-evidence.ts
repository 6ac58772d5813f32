import type { ExplainFacts, ReportedConsumers } from '../../../shared/domain/explain/explain-facts.ts';
import { isSilent, type QueueReport } from '../../../shared/domain/watermark.ts';
import type { QueueDepth } from '../../../shared/ports/message-bus.ts';
import { askBroker } from '../ask-broker.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { SharedAnswer } from './shared-answer.ts';

/** However many ask: broker and store are asked at most this often. */
const KEEP_MS = 2_000;

type EvidenceDeps = Pick<GatewayDeps, 'store' | 'guard' | 'bus' | 'clock' | 'logger'>;

/** What the consumers of a queue say of themselves. @param now the store's clock. */
export function consumersOf(reports: readonly QueueReport[], queue: string, now: Date): ReportedConsumers {
  const own = reports.filter((report) => report.queue === queue);
  const lastSeenMs = Math.max(...own.map(({ at }) => at.getTime()));
  return { live: own.filter((report) => !isSilent(report, now)).length, ...(own.length > 0 && { lastSeenAt: new Date(lastSeenMs) }) };
}

/** What is known of the queues: from the workers' reports in the store, and from the broker where it answers within a second. */
export class QueueEvidence {
  readonly #reports: SharedAnswer<readonly QueueReport[] | undefined>;
  readonly #depths: SharedAnswer<ReadonlyMap<string, QueueDepth> | undefined>;

  constructor({ store, guard, bus, clock, logger }: EvidenceDeps) {
    const unknown = (error: unknown) => logger.debug({ err: error }, 'reports of the queues are not available');
    this.#reports = new SharedAnswer(clock, KEEP_MS, () =>
      guard.run(() => store.readQueueReports()).catch((error: unknown) => void unknown(error)),
    );
    this.#depths = new SharedAnswer(clock, KEEP_MS, () => askBroker({ clock, logger }, () => bus.queueDepths()));
  }

  /** @param now the store's clock. */
  async of(queue: string, now: Date): Promise<Pick<ExplainFacts, 'consumers' | 'broker'>> {
    const [reports, depths] = await Promise.all([this.#reports.get(), this.#depths.get()]);
    const broker = depths?.get(queue);
    return { ...(reports && { consumers: consumersOf(reports, queue, now) }), ...(broker && { broker }) };
  }
}
