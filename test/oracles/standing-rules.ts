import type { JobRecord } from '../../shared/domain/job.ts';
import type { Rule } from './rule.ts';

/** A record as a change left it. */
export interface Standing {
  readonly after: JobRecord;
  readonly before: JobRecord | undefined;
  readonly atMs: number;
}

const ACTIVE = ['SCHEDULED', 'QUEUED', 'RUNNING', 'RETRY_WAIT'];

function standing(name: string, holds: (standing: Standing) => boolean): Rule<Standing> {
  return { name, fields: [], broken: (one) => (holds(one) ? undefined : describe(one.after)) };
}

function describe({ state, stage, run, gen, epoch, claim, active, pub, lease }: JobRecord): string {
  return JSON.stringify({ state, stage, run, gen, epoch, claim, active, pub, lease });
}

const isActive = ({ state }: JobRecord): boolean => ACTIVE.includes(state);

/** What is promised of a record after every change, whatever the change was. */
export const STANDING_RULES: readonly Rule<Standing>[] = [
  standing('an active job owes a bell, is held under a lease, or has a bell that was rung', ({ after }) => {
    const { state, pub, lease, claim } = after;
    if (!isActive(after)) return true;
    if (state === 'RUNNING') return lease !== undefined && claim !== undefined;
    return pub?.due !== undefined || (state === 'QUEUED' && pub?.at !== undefined);
  }),
  standing('active is there until the end, and no longer', ({ after }) => after.active === (isActive(after) ? true : undefined)),
  standing('only a running job is held', ({ after: { state, claim, owner, lease } }) => {
    return state === 'RUNNING' || (claim === undefined && owner === undefined && lease === undefined);
  }),
  standing('an ended job has its times, an active one has none', ({ after }) => {
    const isOver = !isActive(after);
    return (after.doneAt !== undefined) === isOver && (after.expireAt !== undefined) === isOver;
  }),
  standing('only a failed job owes a dead letter', ({ after: { state, pub } }) => pub?.to === undefined || state === 'FAILED'),
  standing('gen, epoch and run never go back', ({ before, after }) => {
    return !before || (after.gen >= before.gen && after.epoch >= before.epoch && after.run >= before.run);
  }),
  standing('stage goes back only by a replay', ({ before, after }) => !before || after.stage >= before.stage || after.run > before.run),
  standing('nothing leaves an end but a replay', ({ before, after }) => {
    return !before || isActive(before) || before.state === after.state || (after.state === 'QUEUED' && after.run === before.run + 1);
  }),
  standing('epochs of results rise', ({ after: { results } }) => {
    return results.every(({ epoch }, index) => index === 0 || epoch > results[index - 1]!.epoch);
  }),
];
