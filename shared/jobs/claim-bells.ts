import { judgeBell } from '../domain/doorbell.ts';
import { StoreUnavailableError } from '../domain/failures.ts';
import { groupBy } from '../domain/group-by.ts';
import type { JobPayload, WorkedJob } from '../domain/job.ts';
import { claim, replay } from '../domain/transitions.ts';
import type { Clock } from '../ports/clock.ts';
import type { Failpoints } from '../ports/failpoints.ts';
import type { JobStore, JobWithPayload } from '../ports/job-store.ts';
import type { Logger } from '../ports/logger.ts';
import { type BellTicket, LOOK_AGAIN_MS, settleIfSure } from './bell-ticket.ts';
import type { EngineCounters } from './engine-counters.ts';
import { type Ringer, ringOf } from './ringer.ts';
import { untilStoreAnswers } from './store-patience.ts';

/** Waits before an early bell is given up; the record still owes it (docs/protocol.md T3). */
const EARLY_WAITS_MS = [20, 100, 500] as const;
/** Before a claim is repeated on a record that reads as still due. */
const CLAIM_AGAIN_MS = 20;

/** A claim won: the bell that asked for it, the record as claimed, and when the claim was sent. */
export interface WonClaim {
  readonly ticket: BellTicket;
  readonly record: WorkedJob;
  /** Absent: not read yet. */
  readonly payload?: JobPayload;
  readonly claim: string;
  readonly claimedAtMs: number;
  /** The claim is not written yet: it will be together with the commit (T3+5). */
  readonly isFused?: true;
}

export interface ClaimDeps {
  readonly store: JobStore;
  readonly clock: Clock;
  readonly ringer: Ringer;
  readonly counters: EngineCounters;
  readonly owner: string;
  readonly leaseMs: number;
  readonly closed: AbortSignal;
  readonly logger: Logger;
  readonly failpoints?: Failpoints;
}

/** A bell whose claim did not win, with the claim to look into it with. */
export interface MissedBell {
  readonly ticket: BellTicket;
  readonly claim: string;
  /** When the claim was sent first: its lease may count from then. */
  readonly claimedAtMs: number;
}

export interface ClaimedBells {
  readonly won: readonly WonClaim[];
  readonly missed: readonly MissedBell[];
}

/** T3 for a batch: bells of equal stage and generation share one write and one claim. An error is a miss: it is looked into. */
export async function claimBells(deps: ClaimDeps, tickets: readonly BellTicket[]): Promise<ClaimedBells> {
  if (deps.failpoints) await deps.failpoints.reach('delivery|claim', idsOf(tickets));
  const claimId = deps.clock.uuid();
  const claimedAtMs = deps.clock.monotonicMs();
  const { first, repeated } = separateRepeats(tickets);
  const jobs = new Map<string, JobWithPayload>();
  await Promise.all(
    [...groupBy(first, expectedState).values()].map(async (group) => {
      for (const job of await claimGroup(deps, group, claimId)) jobs.set(job.record.id, job);
    }),
  );
  const won: WonClaim[] = [];
  // A second bell for a job of this very batch must not take the batch's claim for its own.
  const missed: MissedBell[] = repeated.map((ticket) => ({ ticket, claim: deps.clock.uuid(), claimedAtMs }));
  for (const ticket of first) {
    const job = jobs.get(ticket.bell.id);
    if (job) won.push(wonBy(ticket, job, claimId, claimedAtMs));
    else missed.push({ ticket, claim: claimId, claimedAtMs });
  }
  deps.counters.claimed += won.length;
  return { won, missed };
}

function wonBy(ticket: BellTicket, job: JobWithPayload, claimId: string, claimedAtMs: number): WonClaim {
  ticket.noteClaimed();
  return { ticket, ...job, claim: claimId, claimedAtMs };
}

const idsOf = (tickets: readonly BellTicket[]) => tickets.map(({ bell }) => bell.id);

/** One group that fails must not take the claims of the others with it: its bells are looked into one by one. */
async function claimGroup(deps: ClaimDeps, group: readonly BellTicket[], claimId: string): Promise<readonly JobWithPayload[]> {
  try {
    return await tryClaim(deps, group, claimId);
  } catch (error) {
    deps.logger.error({ err: error, jobs: group.length }, 'claiming failed');
    return [];
  }
}

async function tryClaim(deps: ClaimDeps, group: readonly BellTicket[], claimId: string): Promise<readonly JobWithPayload[]> {
  const { stage, bell } = group[0]!;
  const terms = { stage, gen: bell.gen, claim: claimId, owner: deps.owner, leaseMs: deps.leaseMs };
  try {
    return await deps.store.claim(
      group.map((ticket) => ticket.bell.id),
      claim(terms),
    );
  } catch (error) {
    if (error instanceof StoreUnavailableError) return [];
    throw error;
  }
}

const expectedState = ({ stage, bell }: BellTicket) => `${stage}:${bell.gen}`;

/** Bells whose jobs are met for the first time, and further ones of the same jobs. */
export function separateRepeats(tickets: readonly BellTicket[]): { first: BellTicket[]; repeated: BellTicket[] } {
  const seen = new Set<string>();
  const first: BellTicket[] = [];
  const repeated: BellTicket[] = [];
  for (const ticket of tickets) {
    if (seen.has(ticket.bell.id)) repeated.push(ticket);
    else first.push(ticket);
    seen.add(ticket.bell.id);
  }
  return { first, repeated };
}

/**
 * Finds out what became of a bell that its claim missed, and settles it unless it turns out to be won after all.
 * @throws StoppedError when the engine closes first (the bell stays unacknowledged).
 */
export async function resolveMiss(deps: ClaimDeps, { ticket, claim: claimId, claimedAtMs }: MissedBell): Promise<WonClaim | undefined> {
  const { store, clock, closed, counters } = deps;
  let earlyLooks = 0;
  while (!closed.aborted) {
    const [record] = await untilStoreAnswers(clock, closed, () => store.read([ticket.bell.id], 'local'));
    switch (judgeBell(ticket.bell, ticket.stage, record, claimId)) {
      case 'won':
        counters.claimed += 1;
        return wonBy(ticket, { record: record! }, claimId, claimedAtMs);
      case 'claim_again': {
        const won = await claimAgain(deps, ticket, claimId);
        if (won) return won;
        await clock.sleep(CLAIM_AGAIN_MS, closed);
        break;
      }
      case 'early': {
        const waitMs = EARLY_WAITS_MS[earlyLooks];
        if (waitMs === undefined) {
          counters.early += 1;
          ticket.settle();
          return undefined;
        }
        earlyLooks += 1;
        await clock.sleep(waitMs, closed);
        break;
      }
      case 'replay':
        await replayByBell(deps, ticket, record!);
        return undefined;
      case 'stale':
        if (await settleIfSure(deps, ticket)) {
          counters.stale += 1;
          return undefined;
        }
        await clock.sleep(LOOK_AGAIN_MS, closed);
    }
  }
  return undefined;
}

/** Repeats the claim with the same claim id: if the first was applied after all, the record shows it. */
async function claimAgain(deps: ClaimDeps, ticket: BellTicket, claimId: string): Promise<WonClaim | undefined> {
  const claimedAtMs = deps.clock.monotonicMs();
  const [job] = await tryClaim(deps, [ticket], claimId);
  if (!job) return undefined;
  deps.counters.claimed += 1;
  return wonBy(ticket, job, claimId, claimedAtMs);
}

/**
 * A dead letter that somebody moved back to its stage queue is a request for a replay (docs/protocol.md, Dead letters). It is
 * acknowledged once a majority shows that the job is past this generation: a fail-over must not take the request with it.
 */
export async function replayByBell(deps: ClaimDeps, ticket: BellTicket, record: WorkedJob): Promise<void> {
  const { store, clock, closed, counters, ringer } = deps;
  const { id, gen } = ticket.bell;
  const token = clock.uuid();
  const terms = { gen, token, message: 'its dead letter was moved to the stage queue' };
  while (!closed.aborted) {
    if ((await untilStoreAnswers(clock, closed, () => store.apply([id], replay(terms)))) === 1) {
      counters.replayed += 1;
      ticket.settle();
      // Not awaited: what is not rung stays owed.
      void ringer.ring([ringOf({ ...record, gen: gen + 1 }, token)]);
      return;
    }
    if (await settleIfSure(deps, ticket)) return;
    await clock.sleep(LOOK_AGAIN_MS, closed);
  }
}
