import type { JobRecord } from '../domain/job.ts';
import { watermarkOf } from '../domain/watermark.ts';
import type { QueueDepth } from '../ports/message-bus.ts';
import type { FsckDeps } from './fsck-deps.ts';

/** The management API's figures are up to 5 s old: only a bell that was rung long before can be missed in them. */
const FIGURES_MARGIN_MS = 30_000;
/** As the audit's (docs/protocol.md): publishers know the store's clock to less than that. */
const WATERMARK_MARGIN_MS = 60_000;
/** Bells that one message may carry. */
const BELLS_A_MESSAGE = { express: 1, standard: 1, bulk: 100, overflow: 100 } as const;

/** A queue that holds fewer messages than jobs wait for, by its figures: some bells are lost, which ones is not known. */
export interface Shortage {
  readonly queue: string;
  readonly messages: number;
  readonly waiting: number;
}

/** What is known of the queues at one moment. */
export class BellEvidence {
  readonly #deps: FsckDeps;
  readonly #now: Date;
  readonly #depths: ReadonlyMap<string, QueueDepth>;
  readonly #watermarks: ReadonlyMap<string, Date>;
  readonly #waiting = new Map<string, { count: number; perMessage: number }>();
  /** Why the depths are not known; undefined when they are. */
  readonly unknown: string | undefined;

  private constructor(deps: FsckDeps, now: Date, depths: ReadonlyMap<string, QueueDepth> | string, watermarks: ReadonlyMap<string, Date>) {
    this.#deps = deps;
    this.#now = now;
    this.#depths = typeof depths === 'string' ? new Map() : depths;
    this.#watermarks = watermarks;
    this.unknown = typeof depths === 'string' ? depths : undefined;
  }

  /** Asks broker and store. Records have to be read afterwards: a job that still waits then has had its bell in these figures. */
  static async gather(deps: FsckDeps): Promise<BellEvidence> {
    const now = await deps.store.serverTime();
    const depths = await deps.bus.queueDepths().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    const reports = await deps.store.readQueueReports();
    const queues = new Set(reports.map(({ queue }) => queue));
    const watermarks = [...queues].flatMap((queue) => {
      const watermark = watermarkOf(
        reports.filter((one) => one.queue === queue),
        now,
      );
      return watermark ? [[queue, watermark] as const] : [];
    });
    return new BellEvidence(deps, now, depths, new Map(watermarks));
  }

  /** True where the broker has no management API to ask. */
  get isWithoutDepths(): boolean {
    return this.unknown === undefined && this.#depths.size === 0;
  }

  /** Queues in which jobs wait and of which the broker has no figures yet, as after its restart. */
  get withoutFigures(): readonly string[] {
    return this.#depths.size === 0 ? [] : [...this.#waiting.keys()].filter((queue) => !this.#depths.has(queue));
  }

  /** Why the bell of a job that owes none is lost; undefined while it may be in its queue. */
  lossOf(record: JobRecord): string | undefined {
    const queue = this.#queueOf(record);
    const rungAt = record.pub?.at?.getTime();
    if (queue === undefined || rungAt === undefined || record.state !== 'QUEUED' || record.pub?.due) return undefined;
    const depth = this.#depths.get(queue);
    if (depth && depth.ready === 0 && depth.unacked === 0 && rungAt < this.#now.getTime() - FIGURES_MARGIN_MS)
      return `its bell was rung at ${record.pub!.at!.toISOString()} and ${queue} is empty`;
    const watermark = this.#watermarks.get(queue);
    if (watermark && rungAt < watermark.getTime() - WATERMARK_MARGIN_MS)
      return `its bell was rung at ${record.pub!.at!.toISOString()}, and ${queue} has handed out later ones`;
    return undefined;
  }

  /** Counts a job whose bell must be in these figures. */
  count(record: JobRecord): void {
    const queue = this.#queueOf(record);
    const { state, pub, lane } = record;
    if (queue === undefined || state !== 'QUEUED' || pub?.due || !pub?.at) return;
    if (pub.at.getTime() >= this.#now.getTime() - FIGURES_MARGIN_MS) return;
    const waiting = this.#waiting.get(queue) ?? { count: 0, perMessage: BELLS_A_MESSAGE[lane] };
    waiting.count += 1;
    this.#waiting.set(queue, waiting);
  }

  /** Queues that hold too few messages for the jobs counted; empty ones are not among them: there each job is known. */
  shortages(): readonly Shortage[] {
    return [...this.#waiting].flatMap(([queue, { count, perMessage }]) => {
      const depth = this.#depths.get(queue);
      const messages = depth ? depth.ready + depth.unacked : 0;
      return messages > 0 && messages * perMessage < count ? [{ queue, messages, waiting: count }] : [];
    });
  }

  #queueOf(record: JobRecord): string | undefined {
    const { pipelines, bus } = this.#deps;
    const name = pipelines.stageAt(record)?.name;
    return name === undefined ? undefined : bus.queueOf(name, record.lane);
  }
}
