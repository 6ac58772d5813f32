import type { JobRecord, JobState, Lane } from '../../shared/domain/job.ts';
import type { SeededRandom } from './seeded-random.ts';
import { FUSED_TYPE } from './three-stage-types.ts';

/** What one of a run's jobs is for. */
export type JobPurpose = 'plain' | 'unpublished' | 'canceled' | 'replayed' | 'throws' | 'exits' | 'kills-worker';

export interface PlannedJob {
  readonly index: number;
  readonly purpose: JobPurpose;
  readonly type: string;
  readonly lane: Lane;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Shares of all jobs; the rest is plain. Malformed messages, which are no jobs, make the poison up to 1 %. */
const SHARES: readonly (readonly [JobPurpose, number])[] = [
  ['unpublished', 0.05],
  ['canceled', 0.02],
  ['replayed', 0.01],
  ['throws', 0.004],
  ['exits', 0.003],
  ['kills-worker', 0.001],
];
const POISON = { replayed: ['throw', 1], throws: ['throw', 100], exits: ['exit', 100], 'kills-worker': ['kill-worker', 100] } as const;

/** Mostly inline handlers, half of which claim and commit in one write; threads and processes cost much more. @param share 0..1 */
function typeAt(share: number): string {
  if (share < 0.5) return FUSED_TYPE;
  if (share < 0.93) return 'three-inline';
  return share < 0.98 ? 'three-thread' : 'three-process';
}

/** Jobs over three stages, all lanes and all ways in which handlers run. Each purpose has its share exactly, in random places. */
export function planJobs(count: number, random: SeededRandom, sink: string): readonly PlannedJob[] {
  const purposes: JobPurpose[] = SHARES.flatMap(([purpose, share]) =>
    Array.from({ length: Math.max(Math.round(count * share), 1) }, () => purpose),
  );
  while (purposes.length < count) purposes.push('plain');
  for (let index = purposes.length - 1; index > 0; index -= 1) {
    const other = random.below(index + 1);
    [purposes[index], purposes[other]] = [purposes[other]!, purposes[index]!];
  }
  return purposes.slice(0, count).map((purpose, index) => {
    const poison = purpose in POISON ? POISON[purpose as keyof typeof POISON] : undefined;
    const stage = random.pick(['p1', 'p2', 'p3']);
    const lane = random.pick<Lane>(['express', 'standard', 'standard', 'standard', 'bulk']);
    const type = poison ? 'three-poison' : typeAt(random.next());
    const input = { sink, ...(poison && { poison: { stage, how: poison[0], runs: poison[1] } }) };
    return { index, purpose, type, lane, input };
  });
}

const ENDS: Readonly<Record<JobPurpose, readonly JobState[]>> = {
  plain: ['COMPLETED'],
  unpublished: ['COMPLETED'],
  canceled: ['CANCELED', 'COMPLETED'],
  replayed: ['COMPLETED'],
  throws: ['FAILED'],
  exits: ['FAILED'],
  'kills-worker': ['FAILED'],
};

/** How the job may have ended. Whose worker was killed three times in a stage is a dead letter, as the protocol says. */
export function endsOf(purpose: JobPurpose | undefined, record: JobRecord): readonly JobState[] {
  const ends = ENDS[purpose ?? 'plain'];
  return record.err?.code === 'crash_loop' ? [...ends, 'FAILED'] : ends;
}
