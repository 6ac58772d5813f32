import { type GroupMark, groupIdOf, type LetterCause, NOTES_KEPT } from '../../shared/domain/dead-letters/letter-group.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { type GroupChange, type LetterGroups, stateAfter } from '../../shared/ports/letter-groups.ts';

/** LetterGroups in memory that pass the contract of the real ones. */
export class MemoryLetterGroups implements LetterGroups {
  readonly #marks = new Map<string, GroupMark>();
  readonly #clock: Clock;

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  async all(): Promise<readonly GroupMark[]> {
    return [...this.#marks.values()].toSorted((a, b) => b.changedAt.getTime() - a.changedAt.getTime()).slice(0, 1_000);
  }

  async read(cause: LetterCause): Promise<GroupMark | undefined> {
    return this.#marks.get(groupIdOf(cause));
  }

  async change({ type, stage, fingerprint }: LetterCause, { by, event, text, until, seen }: GroupChange): Promise<GroupMark> {
    const id = groupIdOf({ type, stage, fingerprint });
    const before = this.#marks.get(id);
    const at = this.#clock.now();
    const state = stateAfter(event);
    const { resolvedAt: _r, until: _u, regressedAt: _g, ...unbound } = before ?? { notes: [] };
    const first = [before?.firstAt, seen?.firstAt].flatMap((one) => one?.getTime() ?? []);
    const last = [before?.lastAt, seen?.lastAt].flatMap((one) => one?.getTime() ?? []);
    const note = { at, by, event, ...(text !== undefined && { text }), ...(until && { until }) };
    const mark: GroupMark = {
      ...(state === undefined ? before : unbound),
      type,
      stage,
      fingerprint,
      state: state ?? before?.state ?? 'open',
      ...(state === 'resolved' && { resolvedAt: at }),
      ...(until && { until }),
      ...(first.length > 0 && { firstAt: new Date(Math.min(...first)), lastAt: new Date(Math.max(...last)) }),
      changedAt: at,
      notes: [...(before?.notes ?? []), note].slice(-NOTES_KEPT),
    };
    this.#marks.set(id, mark);
    return mark;
  }

  async regressed(mark: GroupMark, regressedAt: Date): Promise<boolean> {
    const now = this.#marks.get(groupIdOf(mark));
    const isAsRead = now?.state === 'resolved' && now.resolvedAt?.getTime() === mark.resolvedAt?.getTime() && !now.regressedAt;
    if (!now || !isAsRead) return false;
    const changedAt = this.#clock.now();
    const notes = [...now.notes, { at: changedAt, by: 'jobline', event: 'regression' as const }].slice(-NOTES_KEPT);
    this.#marks.set(groupIdOf(mark), { ...now, regressedAt, changedAt, notes });
    return true;
  }
}
