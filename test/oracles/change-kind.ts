import type { JobRecord } from '../../shared/domain/job.ts';

/** What a change of a record is by its looks; each kind has its rules in `history-rules.ts`. */
export type ChangeKind =
  | 'insert'
  | 'delete'
  | 'mark'
  | 'owe'
  | 'owe_again'
  | 'replan'
  | 'take'
  | 'claim'
  | 'heartbeat'
  | 'progress'
  | 'commit'
  | 'commit_last'
  | 'fused'
  | 'fused_last'
  | 'fail'
  | 'dead'
  | 'lease_lost'
  | 'crash_loop'
  | 'cancel'
  | 'expire'
  | 'release'
  | 'replay'
  | 'undo_replay'
  | 'take_dead'
  | 'mark_dead'
  | 'owe_dead'
  | 'postpone_event'
  | 'mark_event'
  | 'remove_part'
  | 'retain';

const ENDED = new Set(['COMPLETED', 'FAILED', 'CANCELED', 'EXPIRED']);

/** @returns undefined for a change that no transition makes. */
export function kindOf(before: JobRecord | undefined, after: JobRecord | undefined, changed: readonly string[]): ChangeKind | undefined {
  if (!before) return after ? 'insert' : undefined;
  if (!after) return 'delete';
  if (ENDED.has(before.state)) return kindAfterEnd(before, after, changed);
  if (after.state === 'CANCELED') return 'cancel';
  if (after.state === 'EXPIRED') return 'expire';
  switch (before.state) {
    case 'QUEUED':
      return kindFromQueued(before, after, changed);
    case 'RUNNING':
      return kindFromRunning(before, after, changed);
    default:
      if (before.state === 'SCHEDULED' && after.state === 'SCHEDULED') return changed.includes('pub') ? 'replan' : undefined;
      return after.state === 'QUEUED' ? 'take' : undefined;
  }
}

function kindFromQueued(before: JobRecord, after: JobRecord, changed: readonly string[]): ChangeKind | undefined {
  if (after.state === 'RUNNING') return 'claim';
  if (after.state === 'COMPLETED') return 'fused_last';
  if (after.state === 'FAILED') return before.former?.gen === before.gen - 1 ? 'undo_replay' : undefined;
  if (after.state !== 'QUEUED') return undefined;
  if (changed.includes('results') || changed.includes('epoch')) return 'fused';
  if (!changed.includes('pub')) return undefined;
  // A mark may come twice, when the first had no answer.
  if (after.pub?.due === undefined) return 'mark';
  return before.pub?.due === undefined ? 'owe_again' : 'owe';
}

function kindFromRunning(before: JobRecord, after: JobRecord, changed: readonly string[]): ChangeKind | undefined {
  const hasCrashed = after.crashes > before.crashes;
  switch (after.state) {
    case 'RUNNING':
      return changed.includes('progress') ? 'progress' : changed.includes('lease') ? 'heartbeat' : undefined;
    case 'COMPLETED':
      return 'commit_last';
    case 'QUEUED':
      return changed.includes('results') || changed.includes('stage') ? 'commit' : 'release';
    case 'RETRY_WAIT':
      return hasCrashed ? 'lease_lost' : 'fail';
    case 'FAILED':
      return hasCrashed ? 'crash_loop' : 'dead';
    default:
      return undefined;
  }
}

function kindAfterEnd(before: JobRecord, after: JobRecord, changed: readonly string[]): ChangeKind | undefined {
  if (before.state !== after.state) return after.state === 'QUEUED' && before.state !== 'COMPLETED' ? 'replay' : undefined;
  if (changed.includes('removed')) return 'remove_part';
  if (changed.includes('expireAt')) return 'retain';
  if (changed.includes('evt')) return after.evt?.due === undefined ? 'mark_event' : 'postpone_event';
  if (before.state !== 'FAILED' || !changed.includes('pub')) return undefined;
  if (after.pub?.due === undefined) return 'mark_dead';
  return before.pub?.due === undefined ? 'owe_dead' : 'take_dead';
}
