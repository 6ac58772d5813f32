import { StoreUnavailableError } from '../domain/failures.ts';
import { groupBy } from '../domain/group-by.ts';
import type { JobRecord } from '../domain/job.ts';
import type { Transition } from '../domain/transition.ts';
import { markDead, take, takeDead } from '../domain/transitions.ts';
import type { ReadConcern } from '../ports/job-store.ts';
import type { OutgoingBell } from '../ports/message-bus.ts';
import { Ringer, type RingerDeps, ringOf } from './ringer.ts';

/** Debts taken in one write; fewer in the first of a call, so that the first jobs start while the others are taken. */
const BATCH = 500;
const FIRST_BATCH = 50;
/** Bells rung in one call at most; the next call goes on. Keeps one sweep short. */
const MAX_PER_CALL = 20_000;

const idsOf = (records: readonly JobRecord[]) => records.map(({ id }) => id);

/** The relay: rings every bell that is owed (docs/protocol.md, Sweepers). Any number may run: each debt is taken before it is rung. */
export class DueRelay {
  readonly #deps: RingerDeps;
  readonly #ringer: Ringer;

  constructor(deps: RingerDeps) {
    this.#deps = deps;
    this.#ringer = new Ringer(deps);
  }

  /**
   * @param lateMs only debts that are overdue by this.
   * @returns bells and dead letters that the broker confirmed. @throws StoreUnavailableError.
   */
  async run(signal: AbortSignal, lateMs = 0): Promise<number> {
    const { store, bus } = this.#deps;
    let rung = 0;
    let batch = FIRST_BATCH;
    for (let looked = 0; looked < MAX_PER_CALL && !signal.aborted && bus.canPublish(); looked += batch) {
      if (looked > 0) batch = BATCH;
      const due = await store.find({ kind: 'due', lateMs }, batch);
      if (due.length === 0) break;
      const isDead = (record: JobRecord) => record.pub?.to === 'dlq';
      rung += await this.#ringTaken(due.filter((record) => !isDead(record)));
      rung += await this.#buryTaken(due.filter(isDead));
      if (due.length < batch) break;
    }
    return rung;
  }

  async stop(): Promise<void> {
    await this.#ringer.stop();
  }

  async #ringTaken(due: readonly JobRecord[]): Promise<number> {
    if (due.length === 0) return 0;
    const token = this.#deps.clock.uuid();
    const ids = due.map((record) => record.id);
    const taken = await this.#take(ids, take(token), token);
    const { failpoints } = this.#deps;
    if (failpoints && taken.length > 0) await failpoints.reach('take|publish', idsOf(taken));
    return this.#ringer.ring(taken.map((record) => ringOf(record, token)));
  }

  async #buryTaken(due: readonly JobRecord[]): Promise<number> {
    if (due.length === 0) return 0;
    const { store, bus, failpoints } = this.#deps;
    const token = this.#deps.clock.uuid();
    const ids = due.map((record) => record.id);
    const taken = await this.#take(ids, takeDead(token), token);
    if (failpoints && taken.length > 0) await failpoints.reach('take|publish', idsOf(taken));
    const outcomes = await bus.publish(taken.map((record) => this.#deadLetterOf(record)));
    const confirmed = taken.filter((_, index) => outcomes[index] === 'confirmed');
    if (failpoints && confirmed.length > 0) await failpoints.reach('confirm|mark', idsOf(confirmed));
    const byGen = groupBy(confirmed, ({ gen }) => gen);
    await Promise.all([...byGen].map(([gen, group]) => store.apply(idsOf(group), markDead(gen, token))));
    return confirmed.length;
  }

  /**
   * Takes debts and reads back by the token which are ours. Where the outcome of the write is unknown, by majority: what is
   * rung must not be taken back (docs/model.md). Of a type of a newer release nothing is rung.
   */
  async #take(ids: readonly string[], transition: Transition, token: string): Promise<readonly JobRecord[]> {
    const { store } = this.#deps;
    let concern: ReadConcern = 'local';
    try {
      if ((await store.apply(ids, transition)) === 0) return [];
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      concern = 'majority';
    }
    return (await store.read(ids, concern)).filter((record) => this.#isKnown(record) && record.pub?.by === token);
  }

  /** A type of a newer release is left to a scheduler that knows it. */
  #isKnown(record: JobRecord): boolean {
    return this.#deps.pipelines.stageAt(record) !== undefined;
  }

  #deadLetterOf(record: JobRecord): OutgoingBell {
    return {
      stageName: this.#deps.pipelines.stageAt(record)!.name,
      stage: record.stage,
      lane: record.lane,
      type: record.type,
      bells: [{ id: record.id, gen: record.gen }],
      dead: { code: record.err?.code ?? 'unknown', message: record.err?.message ?? '', attempts: record.attempt },
    };
  }
}
