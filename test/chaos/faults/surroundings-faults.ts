import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SCRATCH_MB } from '../small-scratch.ts';
import type { TierBWorld } from '../tier-b-world.ts';
import type { Fault } from './fault.ts';

const HOUR_SECONDS = 3_600;
const JUMPED_MS = 6_000;
const FULL_MS = 6_000;

function clockJump(name: string, offsetSeconds: number): Fault {
  return {
    name: `clock of a worker and a scheduler jumps ${name}`,
    lane: 'surroundings',
    count: 1,
    run: async (world: TierBWorld) => {
      world.setClock(offsetSeconds);
      try {
        await delay(JUMPED_MS);
      } finally {
        world.setClock(0);
      }
      return `${offsetSeconds} s, and back after ${JUMPED_MS} ms`;
    },
  };
}

export const CLOCK_FAULTS: readonly Fault[] = [clockJump('an hour on', HOUR_SECONDS), clockJump('an hour back', -HOUR_SECONDS)];

/** Only where the scratch folder is a disk of its own (`mountScratch`). */
export const FULL_DISK: Fault = {
  name: 'full disk under the scratch folder',
  lane: 'surroundings',
  count: 1,
  run: async ({ scratchDir }) => {
    const file = join(scratchDir, 'filler');
    let isFull = false;
    try {
      writeFileSync(file, Buffer.alloc(2 * SCRATCH_MB * 1_048_576));
    } catch (error) {
      isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
      if (!isFull) throw error;
    }
    if (!isFull) throw new Error('The disk did not get full');
    try {
      await delay(FULL_MS);
    } finally {
      rmSync(file, { force: true });
    }
    return `${FULL_MS} ms`;
  },
};
