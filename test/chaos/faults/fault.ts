import type { SeededRandom } from '../seeded-random.ts';
import type { TierBWorld } from '../tier-b-world.ts';

/** Faults of one lane are done one after another; lanes run beside each other. */
export type Lane = 'kill' | 'freeze' | 'network' | 'broker' | 'store' | 'surroundings';

/** Something that is done to the running system. */
export interface Fault {
  readonly name: string;
  readonly lane: Lane;
  /** How often in 120 s. */
  readonly count: number;
  /** Part of the run in which it happens, 0..1; default the whole. */
  readonly window?: readonly [number, number];
  /** Does it and heals it. @returns what was done, for the log. @throws Error when it could not be done. */
  run(world: TierBWorld, random: SeededRandom): Promise<string>;
}
