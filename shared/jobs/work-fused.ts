import { groupBy } from '../domain/group-by.ts';
import type { WorkedJob } from '../domain/job.ts';
import type { StageSpec } from '../domain/pipeline.ts';
import { isReadable } from '../domain/readable-job.ts';
import type { JobWithPayload } from '../ports/job-store.ts';
import type { BellTicket } from './bell-ticket.ts';
import { claimBells, type MissedBell, separateRepeats, type WonClaim } from './claim-bells.ts';
import type { HeldClaim } from './claim-keeper.ts';
import { noteEnds } from './note-ends.ts';
import { type Ended, runInline, startTimeout, type Work, type WorkDeps } from './run-handlers.ts';
import { untilStoreAnswers } from './store-patience.ts';
import { begin, endAttempts, guarded, withOutputsStored } from './work-stage.ts';

/** A bell that left beside its commit comes up to this long before it, for one lone job in thirty (docs/performance.md). */
const AHEAD_MS = 2;

/** What the fused path leaves to the ordinary one. */
export interface Unfused {
  /** Bells to be claimed before their handlers run. */
  readonly tickets: readonly BellTicket[];
  /** Bells whose handlers have failed and whose claims, made to write that down, were missed. */
  readonly missed: readonly MissedBell[];
}

/**
 * T3+5: runs inline handlers that may run twice without a claim, and writes claim and commit at once. For first deliveries
 * only: a bell that comes again may have ended its worker, and only a claim counts crashes.
 */
export async function workFused(deps: WorkDeps, tickets: readonly BellTicket[]): Promise<Unfused> {
  if (deps.failpoints)
    await deps.failpoints.reach(
      'delivery|claim',
      tickets.map(({ bell }) => bell.id),
    );
  const { first, repeated } = separateRepeats(tickets);
  const { jobs, lookedAtMs } = await readJobs(deps, first);
  // The answer was under way for too long: nothing holds what it says of.
  if (deps.keeper.isOver(lookedAtMs)) return { tickets, missed: [] };
  const fits: Fit[] = [];
  const others: BellTicket[] = [];
  for (const ticket of first) {
    const job = jobs.get(ticket.bell.id);
    const stage = job && fusableStage(deps, ticket, job.record);
    if (stage) fits.push({ ticket, job, stage });
    else others.push(ticket);
  }
  const groups = groupBy(fits, ({ stage }) => stage);
  const missed = await Promise.all([...groups.values()].map((group) => workGroup(deps, group)));
  return { tickets: [...others, ...repeated], missed: missed.flat() };
}

interface JobsRead {
  readonly jobs: ReadonlyMap<string, JobWithPayload>;
  /** Monotonic time at which the first look was begun. */
  readonly lookedAtMs: number;
}

/** Reads the jobs of bells, and those whose bells are ahead of their records once more: the write that makes such a bell due is under way. */
async function readJobs(deps: WorkDeps, tickets: readonly BellTicket[]): Promise<JobsRead> {
  const { clock, closed, store } = deps;
  const jobs = new Map<string, JobWithPayload>();
  /** @returns when the look that was answered was begun. */
  const read = async (some: readonly BellTicket[]): Promise<number> => {
    let begunAtMs = 0;
    const found = await untilStoreAnswers(clock, closed, () => {
      begunAtMs = clock.monotonicMs();
      return store.readWithPayloads(some.map(({ bell }) => bell.id));
    });
    for (const job of found) jobs.set(job.record.id, job);
    return begunAtMs;
  };
  const lookedAtMs = await read(tickets);
  const ahead = tickets.filter(({ bell }) => (jobs.get(bell.id)?.record.gen ?? 0) < bell.gen);
  if (ahead.length > 0) {
    await clock.sleep(AHEAD_MS, closed);
    await read(ahead);
  }
  return { jobs, lookedAtMs };
}

interface Fit {
  readonly ticket: BellTicket;
  readonly job: JobWithPayload;
  readonly stage: StageSpec;
}

/**
 * The stage that a job may be worked at without a claim of its own; a job that has crashed a worker is claimed alone and durably (T8).
 * @returns the same object for all jobs of a type, version and stage.
 */
function fusableStage(
  { pipelines, runner, holdBack, turns }: WorkDeps,
  { bell, stage }: BellTicket,
  record: WorkedJob,
): StageSpec | undefined {
  if (record.state !== 'QUEUED' || record.gen !== bell.gen || record.stage !== stage || record.crashes > 0) return undefined;
  if (holdBack?.(record) !== undefined || turns?.isLimited(record)) return undefined;
  const spec = isReadable(record) ? pipelines.stageAt(record) : undefined;
  return spec && runner.mayRunTwice(record.type, spec.name) ? spec : undefined;
}

/** @returns bells of failed handlers whose claims were missed. */
async function workGroup(deps: WorkDeps, group: readonly Fit[]): Promise<readonly MissedBell[]> {
  const claim = deps.clock.uuid();
  const claimedAtMs = deps.clock.monotonicMs();
  const wins = group.map(({ ticket, job }): WonClaim => ({ ticket, ...job, claim, claimedAtMs, isFused: true }));
  const { record } = wins[0]!;
  const type = deps.pipelines.typeOf(record.type, record.pipelineVersion);
  const { stage } = group[0]!;
  let missed: readonly MissedBell[] = [];
  await guarded(deps, wins, async () => {
    const works = wins.map((won): Work => ({ won, held: attend(deps, won), type, stage }));
    const stopTimer = startTimeout(deps, works);
    const note = noteEnds(deps, works);
    try {
      const ended = await withOutputsStored(deps, await runInline(deps, works));
      const done = ended.filter(({ end }) => end.kind === 'done');
      // Stopped by a shutdown: nothing was written, the bell goes back with its channel.
      const failed = ended.filter(({ end }) => end.kind !== 'done' && (end.kind !== 'release' || end.afterMs !== undefined));
      const [, misses] = await Promise.all([done.length > 0 ? endAttempts(deps, done, note) : undefined, endFailed(deps, failed)]);
      missed = misses;
    } finally {
      stopTimer();
      for (const work of works) deps.keeper.drop(work.held);
    }
  });
  return missed;
}

/** The handler sees the numbers that its claim will have. */
function attend({ keeper }: WorkDeps, { record, claim, claimedAtMs }: WonClaim): HeldClaim {
  return keeper.attend({ ...record, attempt: record.attempt + 1, epoch: record.epoch + 1, claim }, claim, claimedAtMs);
}

/** A failure is written under a claim, as everywhere: it counts attempts. */
async function endFailed(deps: WorkDeps, failed: readonly Ended[]): Promise<readonly MissedBell[]> {
  if (failed.length === 0) return [];
  const ends = new Map(failed.map((one) => [one.work.won.ticket, one]));
  const { won, missed } = await claimBells(deps, [...ends.keys()]);
  await Promise.all(
    won.map(async (win) => {
      const work = begin(deps, win)!;
      try {
        await endAttempts(deps, [{ ...ends.get(win.ticket)!, work }]);
      } finally {
        deps.keeper.drop(work.held);
      }
    }),
  );
  return missed;
}
