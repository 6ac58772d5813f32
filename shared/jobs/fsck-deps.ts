import type { FsckProgress } from '../domain/fsck-report.ts';
import type { Pipelines } from '../domain/pipeline.ts';
import type { Clock } from '../ports/clock.ts';
import type { Controls } from '../ports/controls.ts';
import type { JobStore } from '../ports/job-store.ts';
import type { LeaseStore } from '../ports/lease-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { MessageBus } from '../ports/message-bus.ts';
import type { OutputStore } from '../ports/output-store.ts';
import type { PassTurnsDeps } from './turns/pass-turns.ts';

/** What fsck works with. */
export interface FsckDeps {
  readonly store: JobStore;
  readonly outputs: OutputStore;
  readonly bus: MessageBus;
  readonly leases: LeaseStore;
  readonly clock: Clock;
  readonly pipelines: Pipelines;
  readonly logger: Logger;
  /** Who has places of limits, and who waits for them; absent where there are no limits. */
  readonly turns?: Pick<PassTurnsDeps, 'places' | 'waiting'>;
  /** With `turns`: the limits that operators have set. */
  readonly control?: { readonly controls: Pick<Controls, 'read'> };
  /** Names this process in leases. */
  readonly owner: string;
}

export interface FsckOptions {
  /** Mend what is certain. */
  readonly repair: boolean;
  readonly signal: AbortSignal;
  /** Told at each page. */
  onProgress?(progress: FsckProgress): Promise<void> | void;
  /** Between the two looks, in ms. Default 5,000. */
  readonly settleMs?: number;
  /** A round of the janitor of the dead letters, in ms: superfluous letters count once it has had one. Default 75,000. */
  readonly janitorRoundMs?: number;
  /** Jobs that are remembered for the second look; the next run finds the rest, so that memory stays bounded. Default 10,000. */
  readonly mostSuspects?: number;
}

/** Records in one read. */
export const FSCK_PAGE = 500;
/** Things of a kind that are remembered for the second look. */
export const MOST_SUSPECTS = 10_000;
