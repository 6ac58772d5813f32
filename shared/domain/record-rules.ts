import type { FsckCategory } from './fsck-report.ts';
import { ACTIVE_STATES, type JobRecord, type StageResult } from './job.ts';

/** A rule that a record breaks. */
export interface BrokenRule {
  readonly category: FsckCategory;
  readonly rule: string;
  readonly detail: string;
}

/** The scheduler rescues within seconds: a lease that is over for longer than this is a zombie, for longer than that, lost. */
export const ZOMBIE_AFTER_MS = 30_000;
export const STRANDED_AFTER_MS = 600_000;

type Check = (record: JobRecord, now: Date) => BrokenRule | undefined;

const broken = (rule: string, detail: string): BrokenRule => ({ category: 'broken_record', rule, detail });
const lost = (rule: string, detail: string): BrokenRule => ({ category: 'lost', rule, detail });
const isActive = ({ state }: JobRecord): boolean => ACTIVE_STATES.includes(state);

function holderRule({ state, claim, lease, owner }: JobRecord): BrokenRule | undefined {
  if (state === 'RUNNING') {
    if (claim !== undefined && lease?.until !== undefined) return undefined;
    return lost('runs_without_lease', `RUNNING without ${claim === undefined ? 'a claim' : 'a lease'}: no rescue finds it`);
  }
  return claim === undefined && lease === undefined
    ? undefined
    : broken('held_at_rest', `${state} and still held${owner ? ` by ${owner}` : ''}`);
}

function leaseRule({ state, claim, lease, owner }: JobRecord, now: Date): BrokenRule | undefined {
  if (state !== 'RUNNING' || claim === undefined || !lease?.until) return undefined;
  const overMs = now.getTime() - lease.until.getTime();
  if (overMs < ZOMBIE_AFTER_MS) return undefined;
  const detail = `RUNNING under ${owner ?? 'nobody'}, its lease is over for ${Math.round(overMs / 1_000)} s`;
  return overMs < STRANDED_AFTER_MS ? { category: 'zombie', rule: 'lease_over', detail } : lost('lease_long_over', detail);
}

function debtRule({ state, pub }: JobRecord): BrokenRule | undefined {
  if ((state === 'RETRY_WAIT' || state === 'SCHEDULED') && !pub?.due)
    return lost('waits_without_due', `${state} without a time at which it is due: no relay finds it`);
  if (state === 'QUEUED' && !pub?.due && !pub?.at) return lost('owes_no_bell', 'QUEUED, and neither owes a bell nor has rung one');
  return undefined;
}

function deadDebtRule({ state, pub }: JobRecord): BrokenRule | undefined {
  if (pub?.to === undefined) return undefined;
  if (state !== 'FAILED') return broken('owes_dead_letter', `${state} and owes a dead letter`);
  return pub.due ? undefined : lost('dead_letter_without_due', 'its dead letter is owed at no time: no relay finds it');
}

function activeRule(record: JobRecord): BrokenRule | undefined {
  const { state, active, pub, doneAt, expireAt } = record;
  if (isActive(record)) {
    if (active !== true) return broken('active_unmarked', `${state} without the mark of active jobs: it cannot be canceled or expire`);
    if (record.removed) return broken('ended_marks', `${state} with parts that retention has removed`);
    return doneAt || expireAt ? broken('ended_marks', `${state} with the times of an ended job`) : undefined;
  }
  if (active === true) return broken('ended_active', `${state} and still marked as active`);
  if (pub?.due && pub.to === undefined) return broken('ended_owes_bell', `${state} and still owes a doorbell`);
  if (!doneAt || !expireAt) return broken('ended_without_times', `${state} without the time of its end or of its removal`);
  return undefined;
}

function twice(results: readonly StageResult[]): StageResult | undefined {
  const seen = new Set<string>();
  return results.find(({ stage, run }) => seen.size === seen.add(`${stage}:${run}`).size);
}

function doubledRule({ results }: JobRecord): BrokenRule | undefined {
  const second = twice(results);
  if (!second) return undefined;
  return {
    category: 'doubled',
    rule: 'stage_committed_twice',
    detail: `stage ${second.stage} of run ${second.run} has two committed results`,
  };
}

function resultsRule({ state, stage, results, epoch, run }: JobRecord): BrokenRule | undefined {
  const upTo = state === 'COMPLETED' ? stage : stage - 1;
  for (let needed = 0; needed <= upTo; needed += 1)
    if (!results.some((one) => one.stage === needed))
      return broken('stage_skipped', `at stage ${stage} (${state}) without a result of stage ${needed}`);
  const odd = results.find((one) => one.epoch > epoch || one.run > run);
  return odd && broken('result_ahead', `a result of epoch ${odd.epoch}, run ${odd.run}, in a record of epoch ${epoch}, run ${run}`);
}

const CHECKS: readonly Check[] = [holderRule, leaseRule, debtRule, deadDebtRule, activeRule, doubledRule, resultsRule];

/** Every rule of docs/protocol.md that a record alone shows to be broken. @param now the store's clock. */
export function brokenRules(record: JobRecord, now: Date): readonly BrokenRule[] {
  return CHECKS.flatMap((check) => check(record, now) ?? []);
}
