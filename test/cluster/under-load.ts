import { expect } from 'chai';
import { recordOf } from '../../shared/mongo/job-document.ts';
import { checkDeadLetters } from '../oracles/dead-letters.ts';
import { checkEffects } from '../oracles/effects.ts';
import { checkFinalState } from '../oracles/final-state.ts';
import { type Verdict, verdictOf } from '../oracles/verdict.ts';
import { eventNotesOf } from '../support/event-notes-of.ts';
import { eventually } from '../support/eventually.ts';
import { ClusterLoad } from './cluster-load.ts';
import { type ClusterWorld, LEASE_MS, STAGES } from './cluster-world.ts';

const MORE_JOBS = 20;
/** For twenty jobs, on a machine that does other things as well, after a fail-over. */
const PATIENCE_MS = 90_000;
const DRAIN_MS = 120_000;
const CATCH_UP_MS = 60_000;
/** Sink and store are on one machine; the answer may be under way. */
const SKEW_MS = 50;
/** Claims are not durable when they are answered: a fail-over may take back those of so long before. */
const NOT_DURABLE_MS = 2_000;

/** The clients' part of one fault. */
export interface UnderLoad {
  /** Waits until twenty more jobs have ended: the system works as it now is. */
  moreEnd(): Promise<void>;
}

/** Faults of one suite, under load of one world, and what the oracles say of all of them. */
export class FaultsUnderLoad {
  readonly #world: ClusterWorld;
  readonly #accepted: string[] = [];
  readonly #say: (line: string) => void;
  #drainedAfterMs = 0;

  constructor(world: ClusterWorld, say: (line: string) => void) {
    this.#world = world;
    this.#say = say;
  }

  /** Accepted without a load of this suite's. */
  accept(ids: readonly string[]): void {
    this.#accepted.push(...ids);
  }

  /** Does something while clients submit jobs; then everything that was accepted must end. @throws AssertionError with what speaks against it. */
  async during(name: string, fault: (load: UnderLoad) => Promise<void>): Promise<void> {
    const load = new ClusterLoad(this.#world, name);
    const moreEnd = async (): Promise<void> => {
      const before = await this.#world.completed();
      await eventually(`${MORE_JOBS} more jobs to end`, async () => (await this.#world.completed()) >= before + MORE_JOBS, PATIENCE_MS);
    };
    try {
      const work = async () => {
        await moreEnd();
        await fault({ moreEnd });
        await moreEnd();
      };
      await Promise.race([work(), load.untilRefused()]);
    } finally {
      await load.end().finally(() => this.accept(load.accepted));
    }
    await this.drained();
    const paused = (load.longestPauseMs / 1_000).toFixed(1);
    this.#say(`${name}: ${load.accepted.length} accepted, at most ${paused} s without a job that ended`);
  }

  /** Waits until every job has ended and owes nothing, and checks those of all faults so far. */
  async drained(): Promise<void> {
    const sinceMs = performance.now();
    const open = { $or: [{ active: true as const }, { 'pub.due': { $exists: true } }, { 'evt.due': { $exists: true } }] };
    const { jobs } = this.#world;
    const countOpen = async () => (await jobs.countDocuments(open)) + (await eventNotesOf(jobs).countDocuments());
    await eventually('all jobs to end', async () => (await countOpen()) === 0, DRAIN_MS).catch(async (error: unknown) => {
      const examples = await jobs.find(open).limit(3).toArray();
      throw new Error(`${(error as Error).message}\n${examples.map((one) => JSON.stringify(one)).join('\n')}`);
    });
    this.#drainedAfterMs = Math.max(this.#drainedAfterMs, performance.now() - sinceMs);
    await this.#world.recorder.caughtUp(CATCH_UP_MS);
    const { violations } = await this.verdict();
    expect(violations).to.deep.equal([]);
  }

  /** What all oracles say of everything so far. */
  async verdict(): Promise<Verdict> {
    const { jobs, recorder, sink, system } = this.#world;
    const records = (await jobs.find({}).toArray()).map(recordOf);
    const typeOf = new Map(records.map(({ id, type }) => [id, type]));
    const { observer, outages, gaps } = recorder;
    return verdictOf({
      observer,
      final: checkFinalState({ accepted: this.#accepted, records, stagesOf: () => STAGES.length }),
      effects: checkEffects({
        effects: sink.effects,
        jobs: observer.jobs,
        leaseMs: LEASE_MS,
        skewMs: SKEW_MS,
        mayRunUnclaimed: ({ jobId, atMs }) =>
          typeOf.get(jobId) === 'chaos-fused' || outages.some(({ fromMs, toMs }) => atMs >= fromMs - NOT_DURABLE_MS && atMs <= toMs),
      }),
      fenced: system.logs.filter(({ line }) => line.includes('claim was gone, result discarded')).length,
      drainedAfterMs: this.#drainedAfterMs,
      // No job may fail here, so there must be none.
      others: [...gaps, ...checkDeadLetters({ letters: await this.#world.letters(), records, unreadable: [] })],
    });
  }
}
