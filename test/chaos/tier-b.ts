import { setTimeout as delay } from 'node:timers/promises';
import type { JobRecord } from '../../shared/domain/job.ts';
import { recordOf } from '../../shared/mongo/job-document.ts';
import { checkDeadLetters, type Letter } from '../oracles/dead-letters.ts';
import { checkEffects } from '../oracles/effects.ts';
import { checkFinalState } from '../oracles/final-state.ts';
import type { Violation } from '../oracles/history-observer.ts';
import { type Verdict, verdictOf } from '../oracles/verdict.ts';
import { eventNotesOf } from '../support/event-notes-of.ts';
import { eventually } from '../support/eventually.ts';
import { closingProblems } from './closing-checks.ts';
import { FaultSchedule } from './fault-schedule.ts';
import { BROKER_FAULTS, PURGE } from './faults/broker-faults.ts';
import type { Fault } from './faults/fault.ts';
import { NETWORK_FAULTS } from './faults/network-faults.ts';
import { PROCESS_FAULTS } from './faults/process-faults.ts';
import { STORE_FAULTS } from './faults/store-faults.ts';
import { CLOCK_FAULTS, FULL_DISK } from './faults/surroundings-faults.ts';
import { HandMadeBells } from './hand-made-bells.ts';
import { chainOf } from './output-chain.ts';
import { SeededRandom } from './seeded-random.ts';
import { FUSED_TYPE } from './three-stage-types.ts';
import { endsOf, planJobs } from './tier-b-jobs.ts';
import { TierBLoad } from './tier-b-load.ts';
import { LEASE_MS, STAGE_NAMES, startTierBWorld, type TierBWorld } from './tier-b-world.ts';

const DRAIN_MS = 60_000;
/** A run that has not drained is watched this much longer, to see whether it ever does. */
const STUCK_MS = 180_000;
const WARM_MS = 600_000;
const CATCH_UP_MS = 60_000;
/** The janitor walks once a minute; the first walk may have just begun. */
const JANITOR_MS = 150_000;
/** Sink and server are on this machine. */
const SKEW_MS = 50;
const REPORT_MS = 15_000;
/** Claims are not durable when they are answered: a kill of MongoDB may take back those of so long before. */
const NOT_DURABLE_MS = 1_000;
/** A process that stood still may do for so long what it was about to do then. */
const WAKING_MS = 5_000;

export interface TierBOptions {
  /** How long faults are done, in minutes; default 2. */
  readonly minutes?: number;
  /** Default: a random one, which is printed. */
  readonly seed?: number;
  /** Default: 2,500 a minute. */
  readonly jobs?: number;
}

/** Runs a load of three-stage jobs under all faults at once, and lets the oracles judge. `say` is told what happens, a line each. */
export async function runTierB(options: TierBOptions, say: (line: string) => void): Promise<{ readonly verdict: Verdict }> {
  const { minutes = 2, seed = Math.floor(Math.random() * 1e9), jobs: count = Math.round(minutes * 2_500) } = options;
  say(`tier B: ${count} jobs, ${minutes} min of faults, seed ${seed}`);
  const world = await startTierBWorld(say);
  try {
    const random = new SeededRandom(seed);
    const load = new TierBLoad(world, planJobs(count, random, world.sink.url));
    const bells = new HandMadeBells(world, load, new SeededRandom(seed + 1), count);
    const submitting = load.run();
    // Its failure is met below; until then it is not forgotten by anybody.
    submitting.catch(() => undefined);
    await eventually('the first jobs to complete', () => completed(world).then((n) => n >= 20), WARM_MS);
    const schedule = new FaultSchedule(world, faultsOf(world, say), { random: new SeededRandom(seed + 2), seconds: minutes * 60, say });
    const reporting = setInterval(() => say(progressOf(world, load)), REPORT_MS);
    try {
      await Promise.all([schedule.run(() => load.accepted.size / count), submitting, bells.run(count, () => schedule.isOver(PURGE))]);
    } finally {
      clearInterval(reporting);
    }
    const overMs = performance.now();
    say(`faults are over, ${load.accepted.size} jobs accepted`);
    return { verdict: await judge({ world, load, bells, schedule, overMs }, say) };
  } finally {
    await world.stop();
  }
}

function faultsOf(world: TierBWorld, say: (line: string) => void): readonly Fault[] {
  if (!world.hasSmallScratch) say('SKIPPED: a full disk under the scratch folder, which needs root to mount a small disk');
  const disk = world.hasSmallScratch ? [FULL_DISK] : [];
  return [...PROCESS_FAULTS, ...NETWORK_FAULTS, ...BROKER_FAULTS, ...STORE_FAULTS, ...CLOCK_FAULTS, ...disk];
}

function completed({ jobs }: TierBWorld): Promise<number> {
  return jobs.countDocuments({ state: 'COMPLETED' });
}

interface Run {
  readonly world: TierBWorld;
  readonly load: TierBLoad;
  readonly bells: HandMadeBells;
  readonly schedule: FaultSchedule;
  /** When the last fault was over, bells made by hand among them, on `performance.now()`. */
  readonly overMs: number;
}

function progressOf(world: TierBWorld, load: TierBLoad): string {
  const { observer, seen } = world.recorder;
  const first = observer.violations[0];
  const said = first ? `; first: ${first.rule} (job ${first.jobId}): ${first.detail}` : '';
  return `${load.accepted.size} jobs accepted, ${load.open} open, ${seen} changes, ${observer.violations.length} illegal${said}`;
}

async function judge(run: Run, say: (line: string) => void): Promise<Verdict> {
  const { world, load, bells, schedule } = run;
  const { drainedAfterMs, late } = await drained(run, say);
  const records = await recordsOf(world);
  const deadLetters = await untilDeadLettersAre(run, records);
  await world.recorder.caughtUp(CATCH_UP_MS);
  const closing = await closingProblems(world.system);
  const { observer, outages, gaps } = world.recorder;
  const final = checkFinalState({
    accepted: load.accepted.keys(),
    records,
    stagesOf: () => STAGE_NAMES.length,
    expected: (record) => endsOf(load.accepted.get(record.id)?.purpose, record),
  });
  const effects = checkEffects({
    effects: world.sink.effects,
    jobs: observer.jobs,
    leaseMs: LEASE_MS,
    skewMs: SKEW_MS,
    mayRunUnclaimed: ({ atMs, jobId }) =>
      load.accepted.get(jobId)?.type === FUSED_TYPE || outages.some(({ fromMs, toMs }) => atMs >= fromMs - NOT_DURABLE_MS && atMs <= toMs),
    mayBeLate: ({ pid, atMs }) => world.minder.hasStoodStill(pid, atMs, WAKING_MS),
  });
  const verdict = verdictOf({
    observer,
    final,
    effects,
    fenced: world.system.logs.filter(({ line }) => line.includes('claim was gone, result discarded')).length,
    auditRearms: auditRearms(world),
    drainedAfterMs,
    others: [...gaps, ...deadLetters, ...closing, ...(await chainOf(world, records)), ...late, ...notDone(run)],
  });
  for (const [name, wanted, done] of [...schedule.counts, ...bells.counts]) say(`${name}: ${done} of ${wanted}`);
  say(
    `${world.minder.started} processes started again, ${world.recorder.seen} changes of jobs seen, ${load.canceled} cancels, ${load.replayed} replays by the client`,
  );
  return verdict;
}

/** Bells that the audit owed again, as the schedulers' logs say. */
function auditRearms({ system }: TierBWorld): number {
  return system.logs.reduce((sum, { line }) => {
    const found = line.includes('"audit-lost-bells"') ? /"count":(\d+)/.exec(line) : null;
    return sum + Number(found?.[1] ?? 0);
  }, 0);
}

/** Faults that were planned and not done: the run has not shown what it says. */
function notDone({ schedule, bells }: Run): readonly Violation[] {
  return [...schedule.counts, ...bells.counts].flatMap(([name, wanted, done]) =>
    done >= wanted ? [] : { rule: 'faults: each that is planned is done', jobId: '', detail: `${name}: ${done} of ${wanted}` },
  );
}

/** Waits until nothing is open or owed. Later than the limit is a violation, with some jobs that were. */
async function drained(
  { world, overMs }: Run,
  say: (line: string) => void,
): Promise<{ drainedAfterMs: number; late: readonly Violation[] }> {
  const owed = { $or: [{ active: true as const }, { 'pub.due': { $exists: true } }, { 'evt.due': { $exists: true } }] };
  const isDrained = async () =>
    (await world.jobs.countDocuments(owed, { limit: 1 })) + (await eventNotesOf(world.jobs).countDocuments({}, { limit: 1 })) === 0;
  const sinceMs = () => performance.now() - overMs;
  let late: readonly Violation[] = [];
  while (!(await isDrained())) {
    if (late.length === 0 && sinceMs() > DRAIN_MS) {
      const examples = await world.jobs.find(owed).limit(5).toArray();
      const rule = `drained: nothing is open ${DRAIN_MS / 1_000} s after the last fault`;
      late = examples.map((one) => ({ rule, jobId: one._id, detail: JSON.stringify({ ...one, payload: undefined }) }));
      say(`not drained: ${await world.jobs.countDocuments(owed)} jobs are open`);
    }
    if (sinceMs() > STUCK_MS) break;
    await delay(250);
  }
  return { drainedAfterMs: sinceMs(), late };
}

async function recordsOf({ jobs }: TierBWorld): Promise<readonly JobRecord[]> {
  return (await jobs.find({}).toArray()).map(recordOf);
}

/** Copies of a letter go when the janitor has met them. */
async function untilDeadLettersAre({ world, bells }: Run, records: readonly JobRecord[]): Promise<readonly Violation[]> {
  const untilMs = performance.now() + JANITOR_MS;
  for (;;) {
    const letters = (await Promise.all(STAGE_NAMES.map((stage) => lettersOf(world, stage)))).flat();
    const certain = letters.filter((letter) => !('unreadable' in letter) || !bells.maybeUnreadable.includes(letter.unreadable));
    const violations = checkDeadLetters({ letters: certain, records, unreadable: bells.unreadable });
    if (violations.length === 0 || performance.now() > untilMs) return violations;
    // A look takes the letters for a moment: the janitor has to have time between two.
    await delay(10_000);
  }
}

/** What lies in a stage's dead-letter queue; it stays there. */
async function lettersOf({ management: api }: TierBWorld, stage: string): Promise<readonly Letter[]> {
  const look = { count: 20_000, ackmode: 'ack_requeue_true', encoding: 'auto' };
  const messages = await api.post<{ payload: string }[]>(api.inVhost('queues', `jobline.${stage}.dlq`, 'get'), look);
  return messages.map(({ payload }): Letter => {
    if (!payload.startsWith('{')) return { unreadable: payload };
    const { stage: index, jobs } = JSON.parse(payload) as { stage: number; jobs: readonly { id: string; gen: number }[] };
    return { stage: index, ...jobs[0]! };
  });
}
