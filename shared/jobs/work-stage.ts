import { groupAlike } from '../domain/group-by.ts';
import type { WorkedJob } from '../domain/job.ts';
import type { JobTypeSpec } from '../domain/pipeline.ts';
import { isReadable, whyNotHere } from '../domain/readable-job.ts';
import { endTransition, nextBellAfter, retainMsOf, type StageEnd } from '../domain/stage-end.ts';
import type { Transition } from '../domain/transition.ts';
import { claimCommit, heartbeat } from '../domain/transitions.ts';
import type { OutputFile, StageOutput } from '../ports/output-store.ts';
import { BellTicket, settleAfterFenceMiss } from './bell-ticket.ts';
import type { WonClaim } from './claim-bells.ts';
import { type FinishOutcome, finishBatch } from './finish-stage.ts';
import { NO_NOTE, noteEnds } from './note-ends.ts';
import { type EarlyRing, type Ring, ringOf } from './ringer.ts';
import { type Ended, runInline, runTask, startTimeout, type Work, type WorkDeps } from './run-handlers.ts';
import { storeOutputs } from './store-outputs.ts';
import { untilStoreAnswers } from './store-patience.ts';
import type { CommittedEnd } from './tell-ends.ts';
import { type MissedTurn, type TakenTurns, type TooSoon, TURN_WAIT_MS } from './turns/turns.ts';

/** A job of a type that this process does not know is handed back for this long: a newer worker may take it. */
const UNKNOWN_TYPE_AFTER_MS = 30_000;

/** Runs one won claim to its end: handler, outputs, fenced commit, acknowledgement, next bell. Throws only bugs. */
export async function workOne(deps: WorkDeps, won: WonClaim): Promise<void> {
  await guarded(deps, [won], async () => {
    if (deps.failpoints) await deps.failpoints.reach('claim|handler', [won.record.id]);
    const afterMs = deps.holdBack?.(won.record);
    if (afterMs !== undefined) return postpone(deps, [{ won, afterMs }]);
    const turn = await deps.turns?.take(won.record, won.claim);
    if (turn && 'waitsFor' in turn) return waitForTurn(deps, won, turn);
    if (turn && 'afterMs' in turn) return waitForStart(deps, won, turn);
    try {
      await workClaimed(deps, won, turn);
    } finally {
      if (turn) await deps.turns!.giveBack(turn);
    }
  });
}

/** A job that this process cannot work goes back with the reason in its log, for a worker that can. */
async function park(deps: WorkDeps, won: WonClaim): Promise<void> {
  const why = whyNotHere(deps.pipelines, won.record);
  deps.logger.warn({ job_id: won.record.id, reason: why }, 'job is left to another worker');
  await finish(deps, [{ won, end: { kind: 'release', afterMs: UNKNOWN_TYPE_AFTER_MS, why } }]);
}

async function workClaimed(deps: WorkDeps, won: WonClaim, turn: TakenTurns | undefined): Promise<void> {
  const work = begin(deps, won);
  if (!work) return park(deps, won);
  if (turn) deps.turns!.guard(turn, work.held);
  try {
    if (won.record.crashes > 0) await workSuspect(deps, work);
    else await conclude(deps, [await runTask(deps, work, false)]);
  } finally {
    deps.keeper.drop(work.held);
  }
}

/** All places of a limit are taken: handed back until one is free, which is no attempt. */
async function waitForTurn(deps: WorkDeps, won: WonClaim, missed: MissedTurn): Promise<void> {
  deps.counters.postponed += 1;
  await finish(deps, [{ won, end: { kind: 'release', afterMs: TURN_WAIT_MS, ...missed } }]);
  await deps.turns!.lookAgain(missed);
}

/** As many of its tenant or key as may have started: handed back for a while, which is no attempt. */
async function waitForStart(deps: WorkDeps, won: WonClaim, tooSoon: TooSoon): Promise<void> {
  deps.counters.postponed += 1;
  await finish(deps, [{ won, end: { kind: 'release', ...tooSoon } }]);
}

/** A job that has crashed a worker: one at a time and isolated. Handed back while another is at it: a claim that waits would be charged for its crash. */
async function workSuspect(deps: WorkDeps, work: Work): Promise<void> {
  const { quarantine, clock } = deps;
  const leave = quarantine.enter(clock.monotonicMs());
  if (!leave) {
    const afterMs = quarantine.waitMs(clock.monotonicMs());
    await finish(deps, [{ won: work.won, type: work.type, end: { kind: 'release', afterMs } }]);
    return quarantine.remember(BellTicket.unrung(work.won.ticket));
  }
  try {
    if (!(await makeDurable(deps, work.won))) return lose(deps, work.won);
    await conclude(deps, [await runTask(deps, work, true)]);
  } finally {
    leave(clock.monotonicMs());
  }
}

/**
 * Runs claims of one type and stage, won together, through their inline handler and commits them in one write.
 * @param isWhole nothing else was won by their claim.
 */
export async function workBatch(deps: WorkDeps, wins: readonly WonClaim[], isWhole: boolean): Promise<void> {
  await guarded(deps, wins, async () => {
    if (deps.failpoints) await deps.failpoints.reach('claim|handler', idsOf(wins));
    const held = wins.map((won) => ({ won, afterMs: deps.holdBack?.(won.record) }));
    const paused = held.flatMap(({ won, afterMs }) => (afterMs === undefined ? [] : [{ won, afterMs }]));
    const works = held.flatMap(({ won, afterMs }) => (afterMs === undefined ? [begin(deps, won)!] : []));
    await Promise.all([postpone(deps, paused), works.length > 0 && workAll(deps, works, isWhole)]);
  });
}

async function workAll(deps: WorkDeps, works: readonly Work[], isWhole: boolean): Promise<void> {
  const stopTimer = startTimeout(deps, works);
  const note = isWhole ? noteEnds(deps, works) : NO_NOTE;
  try {
    await conclude(deps, await runInline(deps, works), note);
  } finally {
    stopTimer();
    for (const work of works) deps.keeper.drop(work.held);
  }
}

/** Claims that are not to be worked now are handed back, which is no attempt. */
async function postpone(deps: WorkDeps, wins: readonly { readonly won: WonClaim; readonly afterMs: number }[]): Promise<void> {
  deps.counters.postponed += wins.length;
  await finish(
    deps,
    wins.map(({ won, afterMs }) => ({ won, end: { kind: 'release', afterMs } })),
  );
}

const idsOf = (wins: readonly WonClaim[]) => wins.map(({ record }) => record.id);

export function begin(deps: WorkDeps, won: WonClaim): Work | undefined {
  const { record } = won;
  if (!isReadable(record) || !deps.pipelines.has(record.type, record.pipelineVersion)) return undefined;
  const type = deps.pipelines.typeOf(record.type, record.pipelineVersion);
  const stage = type.stages[record.stage];
  if (!stage || deps.runner.isolationOf(record.type, stage.name) === undefined) return undefined;
  return { won, held: deps.keeper.hold(record, won.claim, won.claimedAtMs), type, stage };
}

/** A job that has crashed a worker is claimed durably before its handler runs, so that no crash goes uncounted (T8). */
async function makeDurable(deps: WorkDeps, { record, claim }: WonClaim): Promise<boolean> {
  const write = () => deps.store.apply([record.id], heartbeat([claim], deps.leaseMs, 'majority'));
  return (await untilStoreAnswers(deps.clock, deps.closed, write)) === 1;
}

/** Stores what was produced, then ends the attempts. */
async function conclude(deps: WorkDeps, all: readonly Ended[], note = NO_NOTE): Promise<void> {
  await endAttempts(deps, await withOutputsStored(deps, all), note);
}

/** Stores what was produced. @returns all of them; where the store refused the output, the attempt has failed. */
export async function withOutputsStored(deps: WorkDeps, all: readonly Ended[]): Promise<readonly Ended[]> {
  const outputs = new Map<Ended, StageOutput>();
  for (const one of all) {
    const output = outputOf(one);
    if (output) outputs.set(one, output);
  }
  if (outputs.size === 0) return all;
  const refused = await storeOutputs(deps, [...outputs.values()]);
  if (refused.size === 0) return all;
  return all.map((one) => (refused.has(outputs.get(one)!) ? { ...one, end: { kind: 'retry', error: OUTPUT_REFUSED } } : one));
}

const OUTPUT_REFUSED = { code: 'worker_error', message: 'The worker could not store the result.', errorClass: 'retry' } as const;

/**
 * Ends attempts whose outputs are stored: those that are done in one write, the others one by one.
 * @param note of those that are done.
 */
export async function endAttempts(deps: WorkDeps, all: readonly Ended[], note = NO_NOTE): Promise<void> {
  const isNoted = await note.isDurable();
  if (deps.failpoints) await deps.failpoints.reach('output|commit', idsOf(all.map(({ work }) => work.won)));
  const isTold = !isNoted && deps.teller.mayTell(all.map(({ work }) => work.won.record));
  const ends = await finish(
    deps,
    all.map(({ work, end }) => ({ won: work.won, type: work.type, end, isNoted, isTold })),
  );
  // Not awaited, as all that is published.
  if (isNoted) note.committed(ends);
  else if (isTold) deps.teller.tell(ends);
}

function outputOf({ work: { won }, end, result }: Ended): StageOutput | undefined {
  if (end.kind !== 'done' || !result) return undefined;
  const { files, outcome } = result;
  const summary = outcome.kind === 'done' ? outcome.summary : undefined;
  if (files.length === 0 && !summary) return undefined;
  const { id, stage } = won.record;
  return { jobId: id, stage, claim: won.claim, files: files as readonly OutputFile[], ...(summary && { summary }) };
}

interface Finishing {
  readonly won: WonClaim;
  /** Absent for a type that this process does not know: such a job is only ever released. */
  readonly type?: JobTypeSpec;
  readonly end: StageEnd;
  /** A durable note owes the event of its end. */
  readonly isNoted?: boolean;
  /** The event of its end is told from here. */
  readonly isTold?: boolean;
}

/** What follows ends that are written. */
interface Finished {
  readonly rings: readonly Ring[];
  readonly ends: readonly CommittedEnd[];
}

/** @returns jobs that are through all their stages. */
async function finish(deps: WorkDeps, all: readonly Finishing[]): Promise<readonly CommittedEnd[]> {
  const done = all.filter(({ end }) => end.kind === 'done');
  const others = all.filter(({ end }) => end.kind !== 'done');
  const finished = await Promise.all([
    ...groupAlike(done, isSameState).map((group) => finishGroup(deps, group, all.length === 1)),
    ...others.map((one) => finishGroup(deps, [one])),
  ]);
  if (deps.failpoints) await deps.failpoints.reach('ack|publish', idsOf(all.map(({ won }) => won)));
  // Not awaited: the acknowledgement rests on the commit alone, and what is not rung stays owed.
  void deps.ringer.ring(
    finished.flatMap(({ rings }) => rings),
    'together',
  );
  return finished.flatMap(({ ends }) => ends);
}

/** Jobs that share claim, run, epoch and generation share the commit's expected state. */
function isSameState({ won: one }: Finishing, { won: other }: Finishing): boolean {
  const { record: a } = one;
  const { record: b } = other;
  if (one.claim !== other.claim || a.type !== b.type || a.stage !== b.stage || one.isFused !== other.isFused) return false;
  return !one.isFused || (a.gen === b.gen && a.run === b.run && a.epoch === b.epoch);
}

/** @param isLone nothing else ends in this flush: its next bell need not wait for the commit. */
async function finishGroup(deps: WorkDeps, group: readonly Finishing[], isLone = false): Promise<Finished> {
  const token = deps.clock.uuid();
  const { won, type, end, isNoted = false, isTold = false } = group[0]!;
  const terms = { claim: won.claim, token, random: deps.clock.random(), isNoted, isTold };
  const sentAtMs = deps.clock.monotonicMs();
  const transition = won.isFused ? fusedTransition(deps, group, token) : endTransition(end, won.record, type ?? UNKNOWN_TYPE, terms);
  const early = isLone ? ringEarly(deps, group[0]!, transition, token) : undefined;
  const outcomes = await finishBatch(
    deps,
    group.map((one) => one.won.record.id),
    won.claim,
    transition,
  );
  if (deps.failpoints) await deps.failpoints.reach('commit|ack', idsOf(group.map((one) => one.won)));
  const isEnd = transition.set?.['state'] === 'COMPLETED';
  const rings: Ring[] = [];
  const ends: CommittedEnd[] = [];
  for (const one of group) {
    const { record } = one.won;
    const outcome = outcomes.get(record.id)!;
    if (isEnd) ends.push({ record, outcome, sentAtMs });
    note(deps, one, transition, outcome);
    settle(deps, one.won, outcome);
    const ring = mayRing(one.end, outcome) ? nextRing(one, transition, token) : undefined;
    // Not awaited, as all bells.
    if (early && outcome === 'applied') void early.written();
    else if (ring) rings.push(ring);
  }
  return { rings, ends };
}

function nextRing({ won: { record } }: Finishing, transition: Transition, token: string): Ring | undefined {
  const next = nextBellAfter(transition, record);
  return next && { ...ringOf(record, token), ...next };
}

/** The next bell of a lone job leaves while its commit becomes durable: half a millisecond later the next worker can read it. */
function ringEarly({ ringer }: WorkDeps, one: Finishing, transition: Transition, token: string): EarlyRing | undefined {
  const ring = nextRing(one, transition, token);
  return ring && ringer.ringEarly(ring);
}

/**
 * A release that was only read back may be taken back by a fail-over. Its bell would then be of a generation that another
 * end can have, and be taken for a replay request where that end is FAILED (docs/model.md); its debt is due now, for the relay.
 */
function mayRing(end: StageEnd, outcome: FinishOutcome): boolean {
  if (end.kind === 'release') return outcome === 'applied' && !end.afterMs;
  return outcome !== 'fenced';
}

function fusedTransition({ clock }: WorkDeps, group: readonly Finishing[], token: string): Transition {
  const { won, type, isNoted = false, isTold = false } = group[0]!;
  const { claim, claimedAtMs } = won;
  const { stage, gen, run, epoch } = won.record;
  const last = stage === type!.stages.length - 1;
  const tookMs = Math.round(clock.monotonicMs() - claimedAtMs);
  const known = { run, epoch, notBefore: newestOf(group.map((one) => one.won.record)) };
  return claimCommit({ stage, gen, claim, token, last, tookMs, isNoted, isTold, known, retainMs: retainMsOf(type!) });
}

/** The newest moment of the jobs: their creation, or their latest result. */
function newestOf(records: readonly WorkedJob[]): Date {
  let newestMs = 0;
  for (const { createdAt, results } of records) newestMs = Math.max(newestMs, (results.at(-1)?.at ?? createdAt).getTime());
  return new Date(newestMs);
}

/** Only a release is ever written for it, which needs nothing of the type. */
const UNKNOWN_TYPE: JobTypeSpec = { name: 'unknown', version: 0, retainDays: 1, stages: [] };

function settle(deps: WorkDeps, won: WonClaim, outcome: FinishOutcome): void {
  if (outcome === 'applied') won.ticket.settle();
  else lose(deps, won);
}

/** Settles in the background: a bell that was fenced or read back waits for majority evidence without holding up its batch. */
function lose(deps: WorkDeps, won: WonClaim): void {
  settleAfterFenceMiss(deps, won.ticket, won.claim).catch((error: unknown) => {
    if (!deps.closed.aborted) deps.logger.error({ err: error, job_id: won.record.id }, 'settling a fenced bell failed');
  });
}

function note(deps: WorkDeps, { won, end }: Finishing, transition: Transition, outcome: FinishOutcome): void {
  const { counters, logger } = deps;
  const fields = { job_id: won.record.id, stage: won.record.stage, attempt: won.record.attempt };
  if (outcome === 'fenced') {
    counters.fenced += 1;
    return logger.info({ ...fields, claim: won.claim }, 'claim was gone, result discarded');
  }
  if (end.kind === 'done') {
    counters.committed += 1;
    logger.debug(fields, 'stage committed');
  } else if (end.kind === 'release') {
    counters.released += 1;
    logger.info(fields, 'job handed back');
  } else {
    const isDead = transition.name === 'dead';
    if (isDead) counters.dead += 1;
    else counters.retried += 1;
    logger.warn({ ...fields, code: end.error.code, error: end.error.message }, isDead ? 'stage failed for good' : 'attempt failed');
  }
}

/**
 * A bug or a stop in the middle must not take the worker down: the claims are left to their leases, the bells stay
 * unacknowledged until the record has moved on.
 */
export async function guarded(deps: WorkDeps, wins: readonly WonClaim[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (deps.closed.aborted) return;
    deps.logger.error(
      { err: error, jobs: wins.map(({ record }: { record: WorkedJob }) => record.id).slice(0, 10) },
      'working a claim failed',
    );
    for (const won of wins) if (!won.ticket.isSettled) lose(deps, won);
  }
}
