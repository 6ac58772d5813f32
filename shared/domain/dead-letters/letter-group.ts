/** What the dead letters of a group have in common: type, position of the stage, fingerprint of the error. */
export interface LetterCause {
  readonly type: string;
  readonly stage: number;
  readonly fingerprint: string;
}

/** What an operator has said of a group: nothing that binds, dealt with, or not to be shown for a time. */
export type MarkState = 'open' | 'resolved' | 'ignored';
/** How a group stands: `regression` was resolved, and has failed again since. */
export type GroupState = 'open' | 'regression' | 'resolved' | 'ignored';
export const GROUP_STATES: readonly GroupState[] = ['open', 'regression', 'resolved', 'ignored'];

/** What was said of a group, or happened to it. */
export interface GroupNote {
  readonly at: Date;
  /** Who: a key's name, or `operator`; `jobline` for a regression. */
  readonly by: string;
  readonly event: 'note' | 'resolved' | 'ignored' | 'reopened' | 'regression';
  readonly text?: string;
  /** Of `ignored`. */
  readonly until?: Date;
}

/** What is kept of a group, whether or not there are letters of it now. */
export interface GroupMark extends LetterCause {
  readonly state: MarkState;
  readonly resolvedAt?: Date;
  /** Of `ignored`: it is open again from then on. */
  readonly until?: Date;
  /** The first failure after it was resolved. */
  readonly regressedAt?: Date;
  /** The first failure that was seen when the group was marked, and the last. */
  readonly firstAt?: Date;
  readonly lastAt?: Date;
  readonly changedAt: Date;
  /** Newest last; the last 100. */
  readonly notes: readonly GroupNote[];
}

export const NOTES_KEPT = 100;
const GROUP_ID = /^([a-z0-9-]{1,64})\.(\d{1,2})\.([0-9a-f]{16})$/;

/** The group's id, e.g. `report.0.5d1f0a9c3b7e2468`. */
export function groupIdOf({ type, stage, fingerprint }: LetterCause): string {
  return `${type}.${stage}.${fingerprint}`;
}

/** The cause in a group's id; undefined where it is none. */
export function causeOf(groupId: string): LetterCause | undefined {
  const [, type, stage, fingerprint] = GROUP_ID.exec(groupId) ?? [];
  return fingerprint === undefined ? undefined : { type: type!, stage: Number(stage), fingerprint };
}

/** How a group stands. @param lastAt its newest failure, where there are letters of it. */
export function groupState(mark: GroupMark | undefined, lastAt: Date | undefined, now: Date): GroupState {
  switch (mark?.state) {
    case 'ignored':
      return mark.until && mark.until > now ? 'ignored' : 'open';
    case 'resolved':
      return mark.regressedAt || (lastAt && mark.resolvedAt && lastAt > mark.resolvedAt) ? 'regression' : 'resolved';
    default:
      return 'open';
  }
}

/** Causes that are not to be shown now. */
export function ignoredCauses(marks: readonly GroupMark[], now: Date): readonly LetterCause[] {
  return marks
    .filter((mark) => groupState(mark, undefined, now) === 'ignored')
    .map(({ type, stage, fingerprint }) => ({ type, stage, fingerprint }));
}
