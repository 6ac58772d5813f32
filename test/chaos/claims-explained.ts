import type { ChaosWorld } from './chaos-world.ts';

/** Ends of a claim that committed nothing, as a record's log names them. */
const GIVEN_UP = ['lease_lost', 'released', 'retry'];

/**
 * Every claim has committed, or is in the log as given up: on a busy machine a holder may lose its lease, or stop in time. No
 * stage had more effects than such claims. @throws Error naming a job that was started for another reason.
 */
export async function expectClaimsExplained(world: ChaosWorld, ids: readonly string[]): Promise<void> {
  for (const { _id, epoch, results, log } of await world.jobs.find({ _id: { $in: [...ids] } }).toArray()) {
    const givenUp = log.filter(({ event }) => GIVEN_UP.includes(event)).length;
    const effects = world.sink.effects.filter(({ jobId }) => jobId === _id).length;
    if (epoch !== results.length + givenUp || effects > epoch)
      throw new Error(`${_id} was claimed ${epoch} times and had ${effects} effects: ${results.length} commits, ${givenUp} given up`);
  }
}
