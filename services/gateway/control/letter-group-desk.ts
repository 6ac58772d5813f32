import { messagePattern } from '../../../shared/domain/dead-letters/fingerprint.ts';
import {
  causeOf,
  type GroupMark,
  type GroupState,
  groupIdOf,
  groupState,
  type LetterCause,
} from '../../../shared/domain/dead-letters/letter-group.ts';
import type { DeadLetterFilter } from '../../../shared/domain/dead-letters/replay-operation.ts';
import type { DeadLetterGroup } from '../../../shared/ports/dead-letters.ts';
import type { GroupChange } from '../../../shared/ports/letter-groups.ts';
import type { GatewayDeps } from '../gateway-deps.ts';
import { stageName } from '../job-view.ts';
import { Problem } from '../problems.ts';

type DeskDeps = Pick<GatewayDeps, 'deadLetters' | 'letterGroups' | 'pipelines' | 'clock'>;

/** A group with what was said of it; without letters where all of them are gone. */
export interface MarkedGroup {
  readonly letters?: DeadLetterGroup;
  readonly mark?: GroupMark;
  readonly state: GroupState;
}

/** The largest groups of a state, then those that are marked so and have no letters now. @param state one, `unresolved`, or `all`. */
export async function markedGroups(
  deps: DeskDeps,
  filter: DeadLetterFilter,
  state: string,
  limit: number,
): Promise<readonly MarkedGroup[]> {
  const marks = new Map((await deps.letterGroups.all()).map((mark) => [groupIdOf(mark), mark]));
  const isWanted = ({ state: is }: MarkedGroup) =>
    state === 'all' || state === is || (state === 'unresolved' && (is === 'open' || is === 'regression'));
  // What is marked may have to be left out: so many more are asked for.
  const found = (await deps.deadLetters.groups(filter, limit + marks.size)).map((letters) => {
    const id = idOf(letters);
    return marked(letters, id === undefined ? undefined : marks.get(id), deps.clock.now());
  });
  const seen = new Set(found.map(({ letters }) => idOf(letters!)));
  const gone = isNarrow(filter) ? [] : [...marks.values()].filter((mark) => !seen.has(groupIdOf(mark)));
  const without = gone.map((mark) => marked(undefined, mark, deps.clock.now())).filter(({ state: is }) => is !== 'open');
  return [...found, ...without].filter(isWanted).slice(0, limit);
}

/** One group, by its id. @throws Problem dead_letter_group_not_found where there is neither a letter nor a mark of it. */
export async function markedGroup(deps: DeskDeps, groupId: string): Promise<MarkedGroup> {
  const cause = causeOf(groupId);
  if (!cause) throw notFound(groupId);
  const [mark, [letters]] = await Promise.all([deps.letterGroups.read(cause), deps.deadLetters.groups(filterOf(cause), 1)]);
  if (!mark && !letters) throw notFound(groupId);
  return marked(letters, mark, deps.clock.now());
}

/** Marks a group that there is. @throws Problem dead_letter_group_not_found. */
export async function markGroup(deps: DeskDeps, groupId: string, change: Omit<GroupChange, 'seen'>): Promise<MarkedGroup> {
  const { letters } = await markedGroup(deps, groupId);
  const seen = letters && { firstAt: letters.firstAt, lastAt: letters.lastAt };
  const mark = await deps.letterGroups.change(causeOf(groupId)!, { ...change, ...(seen && { seen }) });
  return marked(letters, mark, deps.clock.now());
}

/** A group as the control plane shows it. */
export function groupView({ pipelines }: DeskDeps, { letters, mark, state }: MarkedGroup) {
  const { type, stage, fingerprint } = (letters ?? mark)!;
  const { newest } = letters ?? {};
  const groupId = fingerprint === undefined ? null : groupIdOf({ type, stage, fingerprint });
  return {
    group_id: groupId,
    type,
    // Of a type that this gateway does not know it is the usual name.
    stage: pipelines.has(type) || !newest ? nameAt(pipelines, type, stage) : stageName(pipelines, newest, stage),
    fingerprint: fingerprint ?? null,
    state,
    count: letters?.count ?? 0,
    first_at: (letters?.firstAt ?? mark?.firstAt)?.toISOString(),
    last_at: (letters?.lastAt ?? mark?.lastAt)?.toISOString(),
    first_seen_at: earliest(letters?.firstAt, mark?.firstAt)?.toISOString(),
    ...(newest?.err && {
      error: { code: newest.err.code, pattern: messagePattern(newest.err.message), message: newest.err.message },
      example: newest.id,
    }),
    resolved_at: mark?.resolvedAt?.toISOString(),
    regressed_at: state === 'regression' ? (mark?.regressedAt ?? letters?.lastAt)?.toISOString() : undefined,
    ignored_until: state === 'ignored' ? mark?.until?.toISOString() : undefined,
    notes: (mark?.notes ?? []).map(({ at, by, event, text, until }) => ({
      at: at.toISOString(),
      by,
      event,
      text,
      until: until?.toISOString(),
    })),
    ...(groupId !== null && { links: { self: `/admin/v1/dead-letters/groups/${groupId}` } }),
  };
}

function idOf({ type, stage, fingerprint }: DeadLetterGroup): string | undefined {
  return fingerprint === undefined ? undefined : groupIdOf({ type, stage, fingerprint });
}

function marked(letters: DeadLetterGroup | undefined, mark: GroupMark | undefined, now: Date): MarkedGroup {
  return { ...(letters && { letters }), ...(mark && { mark }), state: groupState(mark, letters?.lastAt, now) };
}

function filterOf({ type, stage, fingerprint }: LetterCause): DeadLetterFilter {
  return { places: [{ type, stage }], fingerprint };
}

/** A filter that groups without letters cannot be held against. */
function isNarrow(filter: DeadLetterFilter): boolean {
  return Object.keys(filter).length > 0;
}

function nameAt(pipelines: DeskDeps['pipelines'], type: string, stage: number): string {
  return (pipelines.has(type) && pipelines.typeOf(type).stages[stage]?.name) || `p${stage + 1}`;
}

function earliest(a: Date | undefined, b: Date | undefined): Date | undefined {
  return a && b ? (a < b ? a : b) : (a ?? b);
}

function notFound(groupId: string): Problem {
  return new Problem('dead_letter_group_not_found', { detail: `There is no group ${JSON.stringify(groupId.slice(0, 200))}.` });
}
