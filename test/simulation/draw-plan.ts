import { ASKED_LANES } from '../../shared/domain/job.ts';
import { Draws } from './draws.ts';
import {
  type Behaviour,
  type ClientWish,
  type FaultRates,
  LEASE_COSTING,
  type Plan,
  type PlannedJob,
  type Seat,
  type SimMode,
  type SimType,
  type TimedFault,
} from './plan.ts';

const MODES: readonly SimMode[] = ['audit_off', 'audit_off', 'audit_idle', 'lossy'];
const TYPES: readonly SimType[] = ['slots', 'slots', 'inline', 'inline', 'fused', 'lone'];
const JOBS = [1, 1, 2, 2, 3, 3, 5];
const WORKERS = [1, 1, 2, 2, 3];
/** Apart from all seeds that are run. */
const UNDO_SEED = 1_000_003;
const HOUR_MS = 3_600_000;
/** Too long to wait for its end more than once. */
const LONG_LEASE_MS = 30_000;

/** The schedule of a seed. `isFaultFree`: the same jobs and processes; every handler succeeds, nobody cancels or replays, and nothing goes wrong. */
export function drawPlan(seed: number, { isFaultFree = false } = {}): Plan {
  const draws = new Draws(seed);
  const mode = MODES[seed % MODES.length]!;
  const topology = draws.chance(0.15) ? 'single' : 'per-stage';
  const leaseMs = draws.pick([3_000, 6_000, 6_000, 30_000]);
  const inlinePrefetch = draws.pick([2, 10, 100]);
  const seats = drawSeats(draws, topology === 'single');
  const isPlague = draws.chance(0.04);
  const jobs = isPlague
    ? drawPlague(draws, leaseMs)
    : Array.from({ length: draws.pick(JOBS) }, (_, index) => drawJob(draws, `job${index + 1}`, leaseMs));
  const drawn = jobs.flatMap((job) => drawWishes(draws, job));
  // By draws of their own: the schedules of all seeds stay as they were.
  const wishes = [...drawn, ...drawUndos(new Draws(seed + UNDO_SEED), drawn)];
  const spanMs = draws.pick([5_000, 12_000, 30_000]);
  const timed = isPlague ? [] : drawTimed(draws, seats, spanMs, leaseMs, mode === 'lossy').sort((a, b) => a.atMs - b.atMs);
  const rates = isPlague ? sparing(drawRates(draws)) : drawRates(draws);
  const lastMs = Math.max(spanMs, ...jobs.map(({ atMs, repeats }) => atMs + repeats * 400 + 100), ...wishes.map(({ atMs }) => atMs + 100));
  const calm = { seed, mode, topology, leaseMs, inlinePrefetch, seats, jobs, wishes, calmFromMs: lastMs } as const;
  return isFaultFree ? { ...calm, jobs: jobs.map(succeeding), wishes: [], timed: [] } : { ...calm, timed, rates };
}

/** The same job with handlers that are done at once. */
function succeeding({ deadlineAfterMs: _, maxAttempts: __, ...job }: PlannedJob): PlannedJob {
  return { ...job, script: job.script.map(() => [{ kind: 'done', ms: 5, output: 'summary' }]) };
}

function drawSeats(draws: Draws, isSingle: boolean): readonly Seat[] {
  const skewMs = () => (draws.chance(0.5) ? 0 : draws.int(-HOUR_MS, HOUR_MS));
  const many = (role: Seat['role'], count: number): Seat[] =>
    Array.from({ length: count }, () => ({ role, skewMs: skewMs(), slots: draws.int(1, 3) }));
  const workers = isSingle
    ? many('worker', draws.int(2, 3))
    : [...many('p1-worker', draws.pick(WORKERS)), ...many('p2-worker', draws.pick(WORKERS))];
  return [...many('gateway', draws.int(1, 2)), ...many('scheduler', draws.int(1, 2)), ...workers];
}

function drawJob(draws: Draws, name: string, leaseMs: number): PlannedJob {
  const type = draws.pick(TYPES);
  const isPoison = draws.chance(0.08);
  return {
    name,
    atMs: draws.chance(0.6) ? draws.int(0, 50) : draws.int(0, 8_000),
    type,
    lane: draws.pick(ASKED_LANES),
    hasKey: draws.chance(0.8),
    repeats: draws.chance(0.2) ? draws.int(1, 2) : 0,
    ...(draws.chance(0.1) && { runAfterMs: draws.int(500, 10_000) }),
    ...(draws.chance(0.1) && { deadlineAfterMs: draws.int(500, 20_000) }),
    ...(draws.chance(0.1) && { maxAttempts: draws.int(1, 3) }),
    script: Array.from({ length: type === 'lone' ? 1 : 2 }, () =>
      leaseMs < LONG_LEASE_MS && draws.chance(0.05) ? drawZombie(draws, leaseMs) : drawBehaviours(draws, leaseMs, isPoison),
    ),
  };
}

/** One that kills its worker again and again, and others that are at work beside it; nothing else costs a lease. */
function drawPlague(draws: Draws, leaseMs: number): readonly PlannedJob[] {
  const job = (index: number) => ({
    ...drawJob(draws, `job${index + 1}`, leaseMs),
    atMs: draws.int(0, 30),
    type: 'inline' as const,
    repeats: 0,
  });
  const plain = ({ runAfterMs: _, deadlineAfterMs: __, maxAttempts: ___, ...rest }: PlannedJob): PlannedJob => rest;
  const done = (): Behaviour => ({ kind: 'done', ms: draws.int(0, 60) });
  const poison = Array.from({ length: draws.int(2, 5) }, (): Behaviour => ({ kind: 'crash', ms: draws.int(0, 60) }));
  const [first, ...others] = Array.from({ length: draws.int(2, 5) }, (_, index) => plain(job(index)));
  return [{ ...first!, script: [[...poison, done()], [done()]] }, ...others.map((one) => ({ ...one, script: [[done()], [done()]] }))];
}

function drawBehaviours(draws: Draws, leaseMs: number, isPoison: boolean): readonly Behaviour[] {
  const last: Behaviour = draws.chance(0.92)
    ? drawDone(draws, leaseMs)
    : { kind: draws.pick(['reject', 'retry'] as const), ms: draws.int(0, 30) };
  const before = draws.chance(0.25) || isPoison ? draws.int(1, 3) : 0;
  const crash = draws.chance(0.3) ? ('hard_crash' as const) : ('crash' as const);
  return [
    ...Array.from({ length: before }, (): Behaviour => {
      const kind = isPoison && draws.chance(0.7) ? crash : draws.pick(['retry', 'throw', 'retry'] as const);
      return { kind, ms: draws.int(0, 60), ...(kind === 'retry' && draws.chance(0.3) && { afterMs: draws.int(0, 3_000) }) };
    }),
    last,
  ];
}

/** A worker that stands still with its result in hand until another is at work on the same stage. */
function drawZombie(draws: Draws, leaseMs: number): readonly Behaviour[] {
  const kind = draws.pick(['done', 'retry', 'reject'] as const);
  const slow = { kind: 'done', ms: draws.int(leaseMs, leaseMs * 2), output: 'summary' } as const;
  return [{ kind, ms: draws.int(0, 40), freezeMs: leaseMs + draws.int(500, 6_000), output: 'summary' }, slow, slow];
}

function drawDone(draws: Draws, leaseMs: number): Behaviour {
  const output = draws.pick([undefined, undefined, 'summary', 'file'] as const);
  return {
    kind: 'done',
    ms: draws.chance(0.15) ? draws.int(500, leaseMs * 2 + 4_000) : draws.int(0, 40),
    ...(output && { output }),
    ...(draws.chance(0.15) && { ignoresAbort: true }),
    ...(draws.chance(0.15) && { reportsProgress: true }),
  };
}

function drawWishes(draws: Draws, { name, atMs }: PlannedJob): readonly ClientWish[] {
  const wishes: ClientWish[] = [];
  const soon = () => atMs + (draws.chance(0.5) ? draws.int(5, 120) : draws.int(100, 12_000));
  if (draws.chance(0.12)) wishes.push({ atMs: soon(), kind: 'cancel', job: name });
  if (wishes.length > 0 && draws.chance(0.2)) wishes.push({ atMs: soon(), kind: 'cancel', job: name });
  if (draws.chance(wishes.length > 0 ? 0.6 : 0.12)) {
    const kind = draws.chance(0.4) ? ('replay_all_over' as const) : ('replay' as const);
    wishes.push({ atMs: soon() + draws.int(0, 15_000), kind, job: name });
  }
  return wishes;
}

/** Some replays are taken back, mostly at once. */
function drawUndos(draws: Draws, wishes: readonly ClientWish[]): readonly ClientWish[] {
  return wishes
    .filter(({ kind }) => kind.startsWith('replay') && draws.chance(0.6))
    .map(({ atMs, job }) => ({ atMs: atMs + (draws.chance(0.8) ? draws.int(0, 12) : draws.int(0, 3_000)), kind: 'undo', job }));
}

function drawTimed(draws: Draws, seats: readonly Seat[], spanMs: number, leaseMs: number, isLossy: boolean): TimedFault[] {
  const faults: TimedFault[] = [];
  const some = (probability: number, most: number, make: (atMs: number) => TimedFault): void => {
    if (!draws.chance(probability)) return;
    for (let count = draws.int(1, most); count > 0; count -= 1)
      faults.push(make(draws.chance(0.4) ? draws.int(0, 300) : draws.int(0, spanMs)));
  };
  const seat = () => draws.int(0, seats.length - 1);
  const nth = () => draws.int(0, 11);
  some(0.2, 3, (atMs) => ({ atMs, kind: 'crash', seat: seat(), downMs: draws.int(100, 6_000) }));
  some(0.2, 3, (atMs) => ({ atMs, kind: 'restart', seat: seat(), downMs: draws.int(0, 2_000) }));
  some(0.2, 2, (atMs) => ({ atMs, kind: 'freeze', seat: seat(), forMs: draws.int(200, leaseMs * 2 + 5_000) }));
  some(0.15, 3, (atMs) => ({ atMs, kind: 'disconnect', seat: seat(), forMs: draws.int(10, 5_000) }));
  some(0.08, 1, (atMs) => ({ atMs, kind: 'broker_away', forMs: draws.int(50, 15_000) }));
  some(0.06, 1, (atMs) => ({ atMs, kind: 'alarm', forMs: draws.int(500, 10_000) }));
  some(0.05, 1, (atMs) => ({ atMs, kind: 'unroutable', forMs: draws.int(500, 10_000) }));
  some(0.05, 1, (atMs) => ({ atMs, kind: 'management_away', forMs: draws.int(10_000, 60_000) }));
  some(0.1, 2, (atMs) => ({ atMs, kind: 'store_away', forMs: draws.int(20, 12_000) }));
  some(0.2, 2, (atMs) => ({ atMs, kind: 'fail_over', forMs: draws.int(10, 4_000) }));
  some(0.12, 3, (atMs) => ({ atMs, kind: 'duplicate_bell', nth: nth() }));
  some(0.1, 2, (atMs) => ({ atMs, kind: draws.pick(['move_letter', 'copy_letter'] as const), nth: nth() }));
  some(0.05, 1, (atMs) => ({ atMs, kind: 'malformed', nth: nth() }));
  some(0.1, 2, (atMs) => ({ atMs, kind: 'combined_bell', nth: nth() }));
  some(0.04, 1, (atMs) => ({ atMs, kind: 'purge_dead_letters', nth: nth() }));
  if (isLossy) some(0.3, 3, (atMs) => ({ atMs, kind: 'purge', nth: nth() }));
  return faults;
}

/** The same rates without those that may cost a worker its leases. */
function sparing(rates: FaultRates): FaultRates {
  return { ...rates, ...Object.fromEntries(LEASE_COSTING.map((name) => [name, 0])) };
}

/** Each kind of fault is there or not, so that every combination comes about. */
function drawRates(draws: Draws): FaultRates {
  const rate = (probability: number, ...values: readonly number[]) => (draws.chance(probability) ? draws.pick(values) : 0);
  return {
    slow: rate(0.5, 0.02, 0.1),
    stuck: rate(0.15, 0.003, 0.01),
    failBefore: rate(0.3, 0.01, 0.05),
    failAfter: rate(0.35, 0.01, 0.05, 0.15),
    crash: rate(0.35, 0.003, 0.01, 0.03),
    race: rate(0.1, 0.4),
    freeze: rate(0.25, 0.003, 0.01),
    lose: rate(0.5, 0.05, 0.2),
    duplicate: rate(0.3, 0.05, 0.3),
    refuse: rate(0.15, 0.05, 0.2),
    unknown: rate(0.25, 0.05, 0.3),
    unroutable: rate(0.08, 0.05),
  };
}
