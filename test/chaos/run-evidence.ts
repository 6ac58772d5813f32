import { setTimeout as delay } from 'node:timers/promises';
import type { JobRecord } from '../../shared/domain/job.ts';
import { checkDeadLetters, type Letter } from '../oracles/dead-letters.ts';
import { checkEffects, type Effect } from '../oracles/effects.ts';
import { checkFinalState } from '../oracles/final-state.ts';
import type { HistoryObserver, Violation } from '../oracles/history-observer.ts';
import { type Verdict, verdictOf } from '../oracles/verdict.ts';
import { type ChaosWorld, LEASE_MS, STAGES } from './chaos-world.ts';
import { closingProblems } from './closing-checks.ts';
import { auditRounds } from './directed-cases.ts';

const LOOK_MAX = 1_000;
/** The walk under way may have begun too early. */
const JANITOR_MS = 150_000;
/** A look takes the letters for a moment: the janitor has to have time between two. */
const LOOK_AGAIN_MS = 5_000;
/** Both clocks are this machine's; a receiver may be told while the store's answer is under way. */
const SKEW_MS = 50;

/** All that one drained system leaves behind for the oracles. */
export interface RunEvidence {
  readonly accepted: readonly string[];
  readonly records: readonly JobRecord[];
  readonly effects: readonly Effect[];
  readonly letters: readonly Letter[];
  /** Unreadable messages that were put there on purpose. */
  readonly unreadable: readonly string[];
  readonly fenced: number;
  /** Rounds of the audit that found lost bells. */
  readonly auditRearms: number;
  /** True where the broker has lost messages on purpose. */
  readonly mayAudit: boolean;
  readonly drainedAfterMs: number;
  /** What the recorder, fsck and the acknowledgements come to. */
  readonly others: readonly Violation[];
}

/** Gathers it. Call when the system has drained. */
export async function evidenceOf(
  world: ChaosWorld,
  accepted: Iterable<string>,
  { drainedAfterMs, mayAudit }: Pick<RunEvidence, 'drainedAfterMs' | 'mayAudit'>,
): Promise<RunEvidence> {
  const records = await world.records();
  const letters = await tendedLetters(world, records);
  return {
    accepted: [...accepted],
    records,
    effects: world.sink.effects,
    letters,
    unreadable: [],
    fenced: world.logged('claim was gone, result discarded'),
    auditRearms: auditRounds(world),
    mayAudit,
    drainedAfterMs,
    others: [...world.recorder.gaps, ...(await closingProblems(world.system))],
  };
}

/** Letters when they are what must be there; the janitor, who walks once a minute, may still have to take some away. */
async function tendedLetters(world: ChaosWorld, records: readonly JobRecord[]): Promise<readonly Letter[]> {
  const untilMs = performance.now() + JANITOR_MS;
  for (;;) {
    const letters = (await Promise.all(STAGES.map((stage) => lettersOf(world, `jobline.${stage}.dlq`)))).flat();
    const isRight = checkDeadLetters({ letters, records, unreadable: [] }).length === 0;
    if (isRight || performance.now() > untilMs) return letters;
    await delay(LOOK_AGAIN_MS);
  }
}

/** What lies in a dead-letter queue; it stays there. */
async function lettersOf({ management: api }: ChaosWorld, queue: string): Promise<readonly Letter[]> {
  const look = { count: LOOK_MAX, ackmode: 'ack_requeue_true', encoding: 'auto' };
  const messages = await api.post<{ payload: string }[]>(api.inVhost('queues', queue, 'get'), look);
  return messages.map(({ payload }) => letterOf(payload));
}

function letterOf(payload: string): Letter {
  try {
    const { stage, jobs } = JSON.parse(payload) as { stage: number; jobs: readonly { id: string; gen: number }[] };
    return { stage, ...jobs[0]! };
  } catch {
    return { unreadable: payload };
  }
}

/** What all oracles say of one or several systems that one observer has watched. */
export function judge(observer: HistoryObserver, runs: readonly RunEvidence[]): Verdict {
  const records = runs.flatMap((run) => run.records);
  const typeOf = new Map(records.map(({ id, type }) => [id, type]));
  const accepted = runs.flatMap((run) => run.accepted);
  const audits = runs
    .filter((run) => run.auditRearms > 0 && !run.mayAudit)
    .map((run) => ({ rule: 'audit: finds nothing where the broker lost nothing', jobId: '', detail: `${run.auditRearms} rounds did` }));
  return verdictOf({
    observer,
    final: checkFinalState({ accepted, records, stagesOf: () => STAGES.length }),
    effects: checkEffects({
      effects: runs.flatMap((run) => run.effects),
      jobs: observer.jobs,
      leaseMs: LEASE_MS,
      skewMs: SKEW_MS,
      mayRunUnclaimed: ({ jobId }) => typeOf.get(jobId) === 'chaos-fused',
    }),
    fenced: runs.reduce((sum, run) => sum + run.fenced, 0),
    auditRearms: runs.reduce((sum, run) => sum + run.auditRearms, 0),
    drainedAfterMs: Math.max(...runs.map((run) => run.drainedAfterMs)),
    others: [...runs.flatMap((run) => [...checkDeadLetters(run), ...run.others]), ...audits],
  });
}
