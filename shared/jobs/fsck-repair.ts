import type { JobRecord } from '../domain/job.ts';
import type { Transition } from '../domain/transition.ts';
import { oweDead, rearm } from '../domain/transitions.ts';
import type { FsckDeps } from './fsck-deps.ts';
import { lostTransition } from './rescue-stalled.ts';

/** The protocol's own transition that mends a rule; undefined where none does: those are for a person (docs/runbook-fsck.md). */
function mendingOf(deps: FsckDeps, record: JobRecord, rule: string): Transition | undefined {
  const token = deps.clock.uuid();
  switch (rule) {
    case 'bell_lost':
    case 'owes_no_bell':
      return rearm(record.gen, token);
    case 'lease_over':
    case 'lease_long_over':
      return lostTransition(deps, record);
    case 'dead_letter_lost':
    case 'dead_letter_without_due':
      return oweDead(record.gen, token);
    default:
      return undefined;
  }
}

/** Mends one rule of a record, if it still is as it was seen. @returns the transition's name, undefined when nothing was done. */
export async function repairRule(deps: FsckDeps, record: JobRecord, rule: string): Promise<string | undefined> {
  const transition = mendingOf(deps, record, rule);
  if (!transition || (await deps.store.apply([record.id], transition)) === 0) return undefined;
  return transition.name;
}
