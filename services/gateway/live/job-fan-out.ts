import type { JobRecord, JobState } from '../../../shared/domain/job.ts';
import type { JobPosition } from '../../../shared/domain/job-position.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { JobChange, JobChanges, JobChangesWatch } from '../../../shared/ports/job-changes.ts';
import type { JobStore } from '../../../shared/ports/job-store.ts';
import type { Logger } from '../../../shared/ports/logger.ts';
import type { Service } from '../../../shared/ports/service.ts';
import type { ViewDeps } from '../job-view.ts';
import { eventsAfter, type JobEvent, type LiveJob, liveJob } from './job-event.ts';
import { type Change, JobReader } from './job-reader.ts';

/** Changes are followed on for so long when nobody listens any more: clients that reconnect find them open. */
const LINGER_MS = 30_000;
/** Jobs that only filters ask for wait for their reading in this number; beyond it they are left out. */
const MOST_WAITING = 20_000;
/** Jobs of which it is remembered what those with filters were told last. */
const MOST_REMEMBERED = 10_000;

/** Listens to one job. */
export interface JobFollower {
  /** The job as it is now: at least once after each change, and never an earlier one than before. */
  update(job: LiveJob): void;
  /** The job was removed. */
  gone(): void;
}

/** Listens to whatever job changes. */
export interface JobWatcher {
  /** Whether a job that came to this state may be of interest. */
  mayWant(state: JobState | undefined): boolean;
  /** A job as it is after a change, and what is new of it; of a job that nobody has heard of lately that is the present alone. */
  update(job: LiveJob, events: readonly JobEvent[]): void;
  /** Jobs may have changed without a word. */
  missed(): void;
}

export interface JobFanOutOptions extends ViewDeps {
  readonly store: Pick<JobStore, 'read' | 'estimateTime'>;
  readonly changes: JobChanges;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told how long after its write a change was passed on, in ms. */
  onLag?(ms: number): void;
  /** Default 30,000. */
  readonly lingerMs?: number;
}

/**
 * Passes changes of jobs on to all who listen in this gateway, over one stream of changes, which is open only while somebody
 * listens. A change is a hint to read the job again; so whatever is lost on the way, the next read makes good.
 */
export class JobFanOut implements Service {
  readonly name = 'fan-out';
  readonly #options: JobFanOutOptions;
  readonly #reader: JobReader;
  readonly #followers = new Map<string, Set<JobFollower>>();
  readonly #watchers = new Set<JobWatcher>();
  readonly #remembered = new Map<string, JobPosition>();
  readonly figures = { changes: 0, gaps: 0 };
  #watch: JobChangesWatch | undefined;
  #linger: NodeJS.Timeout | undefined;
  #closing: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: JobFanOutOptions) {
    this.#options = options;
    const { store, clock, logger } = options;
    const read = async (ids: readonly string[]) =>
      Promise.all((await store.read(ids, 'majority')).map((record: JobRecord) => liveJob(options, record)));
    this.#reader = new JobReader({ read, clock, logger, deliver: (...args) => this.#deliver(...args) });
  }

  /** Whether changes are followed now. */
  get isOpen(): boolean {
    return this.#watch !== undefined;
  }

  /** Jobs that somebody listens to. */
  get jobs(): number {
    return this.#followers.size;
  }

  /** Tells of a job from now on; the job is read at least once. @returns what ends it. */
  follow(id: string, follower: JobFollower): () => void {
    const known = this.#followers.get(id);
    if (known) known.add(follower);
    else this.#followers.set(id, new Set([follower]));
    this.#open();
    // Between the caller's look at the job and now it may have changed.
    this.#reader.want(id);
    return () => this.#unfollow(id, follower);
  }

  /** Tells of all jobs from now on. @returns what ends it. */
  watch(watcher: JobWatcher): () => void {
    this.#watchers.add(watcher);
    this.#open();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#remembered.clear();
      this.#closeLater();
    };
  }

  async start(): Promise<void> {}

  /** Nobody is told anything any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#linger);
    this.#close();
    await Promise.all([this.#closing, this.#reader.stop()]);
  }

  #unfollow(id: string, follower: JobFollower): void {
    const all = this.#followers.get(id);
    all?.delete(follower);
    if (all?.size === 0) this.#followers.delete(id);
    this.#closeLater();
  }

  #open(): void {
    clearTimeout(this.#linger);
    if (this.#isStopped) return;
    this.#watch ??= this.#options.changes.listen({
      changed: (change) => this.#changed(change),
      missed: () => this.#missed(),
    });
  }

  #closeLater(): void {
    if (this.#followers.size > 0 || this.#watchers.size > 0) return;
    clearTimeout(this.#linger);
    this.#linger = setTimeout(() => this.#close(), this.#options.lingerMs ?? LINGER_MS).unref();
  }

  #close(): void {
    const watch = this.#watch;
    this.#watch = undefined;
    if (watch) this.#closing = Promise.all([this.#closing, watch.close()]).then(() => undefined);
  }

  #changed({ id, state, ...change }: JobChange): void {
    this.figures.changes += 1;
    if (this.#followers.has(id)) this.#reader.want(id, change);
    else if (this.#isWatched(state)) this.#wantForWatchers(id, change);
  }

  #isWatched(state: JobState | undefined): boolean {
    for (const watcher of this.#watchers) if (watcher.mayWant(state)) return true;
    return false;
  }

  #wantForWatchers(id: string, change: Change): void {
    if (this.#reader.waiting < MOST_WAITING) this.#reader.want(id, change);
    else for (const watcher of this.#watchers) watcher.missed();
  }

  #missed(): void {
    this.figures.gaps += 1;
    for (const id of this.#followers.keys()) this.#reader.want(id);
    for (const watcher of this.#watchers) watcher.missed();
  }

  #deliver(jobs: readonly LiveJob[], gone: readonly string[], changed: ReadonlyMap<string, Date | undefined>): void {
    for (const job of jobs) {
      for (const follower of [...(this.#followers.get(job.record.id) ?? [])]) follower.update(job);
      if (this.#watchers.size > 0 && changed.has(job.record.id)) this.#tellWatchers(job);
    }
    for (const id of gone) for (const follower of [...(this.#followers.get(id) ?? [])]) follower.gone();
    void this.#noteLag([...changed.values()].filter((at) => at !== undefined));
  }

  #tellWatchers(job: LiveJob): void {
    const { id } = job.record;
    const events = eventsAfter(this.#options, this.#remembered.get(id), job, this.#options.clock.now());
    const last = events.at(-1);
    if (!last) return;
    this.#remembered.delete(id);
    this.#remembered.set(id, last.position);
    if (this.#remembered.size > MOST_REMEMBERED) this.#remembered.delete(this.#remembered.keys().next().value!);
    for (const watcher of [...this.#watchers]) watcher.update(job, events);
  }

  async #noteLag(moments: readonly Date[]): Promise<void> {
    const { onLag, store } = this.#options;
    if (!onLag || moments.length === 0) return;
    const now = await store.estimateTime().catch(() => undefined);
    if (now) for (const at of moments) onLag(Math.max(0, now.getTime() - at.getTime()));
  }
}
