import type { ChangeStream, ChangeStreamDocument, Db } from 'mongodb';
import type { JobRecord } from '../../../shared/domain/job.ts';

type Counters = Pick<JobRecord, 'state' | 'stage' | 'attempt' | 'gen' | 'epoch'>;
type JobDocument = Counters & { _id: string };

/** One state that a job was written in. */
export interface WrittenState {
  /** `gen-epoch-due`, as an event's id begins. */
  readonly place: string;
  readonly status: string;
  /** The server's clock, ms. */
  readonly atMs: number;
}

const COUNTERS = ['state', 'stage', 'attempt', 'gen', 'epoch'] as const;

/** As docs/job-states.md has it; on purpose not by the code that is tested. */
function statusOf({ state, stage, attempt }: Counters): string {
  if (state === 'RUNNING') return `PROCESS_${stage + 1}_RUNNING`;
  if (state === 'RETRY_WAIT' || (state === 'QUEUED' && attempt > 0)) return 'RETRYING';
  return state === 'QUEUED' && stage > 0 ? `PROCESS_${stage}_DONE` : state;
}

/** Every state that every job was written in, in order, from a change stream of its own: what clients are compared with. */
export class WrittenHistory {
  readonly #jobs = new Map<string, { now: Counters; states: WrittenState[] }>();
  readonly #stream: ChangeStream<JobDocument>;
  readonly #running: Promise<void>;

  constructor(db: Db) {
    this.#stream = db.collection<JobDocument>('jobs').watch([], { maxAwaitTimeMS: 500 });
    this.#running = this.#run();
  }

  /** Resolves once it listens. */
  async ready(): Promise<this> {
    await new Promise<void>((resolve) => this.#stream.once('resumeTokenChanged', () => resolve()));
    return this;
  }

  of(id: string): readonly WrittenState[] {
    return this.#jobs.get(id)?.states ?? [];
  }

  async close(): Promise<void> {
    await this.#stream.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    while (!this.#stream.closed) {
      const change = await this.#stream.tryNext().catch((error: unknown) => {
        if (this.#stream.closed) return null;
        throw error;
      });
      if (change) this.#note(change as ChangeStreamDocument<JobDocument>);
    }
  }

  #note(change: ChangeStreamDocument<JobDocument>): void {
    if (change.operationType === 'insert') this.#put(change.documentKey._id, change.fullDocument, change.wallTime);
    if (change.operationType !== 'update') return;
    const { updatedFields = {} } = change.updateDescription;
    const known = this.#jobs.get(change.documentKey._id);
    if (known) this.#put(change.documentKey._id, { ...known.now, ...updatedFields }, change.wallTime);
  }

  #put(id: string, document: Counters, at: Date | undefined): void {
    const now = Object.fromEntries(COUNTERS.map((field) => [field, document[field]])) as unknown as Counters;
    const job = this.#jobs.get(id) ?? { now, states: [] };
    const isDue = now.state !== 'SCHEDULED' && now.state !== 'RETRY_WAIT';
    const place = `${now.gen}-${now.epoch}-${isDue ? 1 : 0}`;
    if (job.states.at(-1)?.place !== place) job.states.push({ place, status: statusOf(now), atMs: at?.getTime() ?? Number.NaN });
    this.#jobs.set(id, { now, states: job.states });
  }
}
