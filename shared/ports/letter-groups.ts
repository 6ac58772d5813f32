import type { GroupMark, GroupNote, LetterCause, MarkState } from '../domain/dead-letters/letter-group.ts';

/** What is done to a group. */
export interface GroupChange {
  readonly by: string;
  readonly event: Exclude<GroupNote['event'], 'regression'>;
  readonly text?: string;
  /** Of `ignored`. */
  readonly until?: Date;
  /** Failures that there are now. */
  readonly seen?: { readonly firstAt: Date; readonly lastAt: Date };
}

/** What operators say of groups of dead letters. Kept for a year after the last change. Methods throw `StoreUnavailableError`. */
export interface LetterGroups {
  /** The 1,000 changed last, newest first. */
  all(): Promise<readonly GroupMark[]>;
  read(cause: LetterCause): Promise<GroupMark | undefined>;
  /** Changes the group, marked or not, in one write. A note leaves its state as it is. */
  change(cause: LetterCause, change: GroupChange): Promise<GroupMark>;
  /** Notes the first failure after a resolution, once. @returns false where it was noted, or is not resolved as of then any more. */
  regressed(mark: GroupMark, at: Date): Promise<boolean>;
}

/** The state that an event leaves behind; undefined: as it was. */
export function stateAfter(event: GroupChange['event']): MarkState | undefined {
  return event === 'note' ? undefined : event === 'reopened' ? 'open' : event;
}
