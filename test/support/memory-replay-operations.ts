import {
  actionOf,
  type LetterAction,
  OPEN_REPLAYS,
  REPLAY_OUTCOMES,
  type ReplayCounts,
  type ReplayItem,
  type ReplayOperation,
  type ReplayOutcome,
} from '../../shared/domain/dead-letters/replay-operation.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { DeadLetter } from '../../shared/ports/dead-letters.ts';
import type { NewReplay, ReplayOperations } from '../../shared/ports/replay-operations.ts';

type Operation = { -readonly [K in keyof ReplayOperation]: ReplayOperation[K] };
type Item = { -readonly [K in keyof ReplayItem]: ReplayItem[K] };

/** ReplayOperations in memory that pass the contract of the real ones. */
export class MemoryReplayOperations implements ReplayOperations {
  readonly #clock: Clock;
  readonly #replays = new Map<string, Operation>();
  readonly #items = new Map<string, Item[]>();

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock;
  }

  async plan(replay: NewReplay): Promise<ReplayOperation> {
    if (!this.#replays.has(replay.id)) {
      this.#replays.set(replay.id, { ...structuredClone(replay), state: 'planned', plannedAt: this.#clock.now() });
      this.#items.set(replay.id, []);
    }
    return (await this.read(replay.id))!;
  }

  async read(id: string): Promise<ReplayOperation | undefined> {
    return structuredClone(this.#replays.get(id));
  }

  async list(limit: number, action: LetterAction): Promise<readonly ReplayOperation[]> {
    const newest = (a: Operation, b: Operation) => b.plannedAt.getTime() - a.plannedAt.getTime() || (a.id < b.id ? 1 : -1);
    const wanted = [...this.#replays.values()].filter((operation) => actionOf(operation) === action);
    return structuredClone(wanted.toSorted(newest).slice(0, limit));
  }

  async apply(id: string): Promise<boolean> {
    const operation = this.#replays.get(id);
    if (operation?.state !== 'planned') return false;
    Object.assign(operation, { state: 'collecting', appliedAt: this.#clock.now() });
    return true;
  }

  async abort(id: string): Promise<boolean> {
    const operation = this.#replays.get(id);
    if (operation?.state === 'planned') Object.assign(operation, { state: 'aborted', endedAt: this.#clock.now() });
    else if (operation && OPEN_REPLAYS.includes(operation.state)) operation.abortRequested = true;
    else return false;
    return true;
  }

  async undo(id: string, by: string): Promise<boolean> {
    const operation = this.#replays.get(id);
    if (!operation || operation.state === 'planned' || operation.undo) return false;
    operation.undo = { by, requestedAt: this.#clock.now() };
    if (OPEN_REPLAYS.includes(operation.state)) operation.abortRequested = true;
    return true;
  }

  async openUndo(): Promise<ReplayOperation | undefined> {
    const open = [...this.#replays.values()].filter(({ state, undo }) => undo && !undo.endedAt && !OPEN_REPLAYS.includes(state));
    return structuredClone(open.toSorted((a, b) => a.undo!.requestedAt.getTime() - b.undo!.requestedAt.getTime())[0]);
  }

  async endUndo(id: string): Promise<void> {
    const operation = this.#replays.get(id);
    if (operation?.undo) operation.undo = { ...operation.undo, endedAt: this.#clock.now() };
  }

  async open(): Promise<ReplayOperation | undefined> {
    const open = [...this.#replays.values()].filter(({ state }) => OPEN_REPLAYS.includes(state));
    return structuredClone(open.toSorted((a, b) => a.appliedAt!.getTime() - b.appliedAt!.getTime())[0]);
  }

  async forgetItems(id: string): Promise<void> {
    this.#items.set(id, []);
  }

  async addItems(id: string, letters: readonly DeadLetter[], seq: number): Promise<void> {
    const items = this.#items.get(id)!;
    for (const [index, { id: jobId, gen }] of letters.entries()) {
      if (!items.some((item) => item.jobId === jobId)) items.push({ jobId, gen, seq: seq + index, outcome: 'pending' });
    }
  }

  async collected(id: string): Promise<void> {
    const operation = this.#replays.get(id);
    if (operation?.state === 'collecting') Object.assign(operation, { state: 'running', total: this.#items.get(id)!.length });
  }

  async items(id: string, outcome: ReplayOutcome | undefined, limit: number, after = -1): Promise<readonly ReplayItem[]> {
    const wanted = (this.#items.get(id) ?? []).filter((item) => item.seq > after && (outcome === undefined || item.outcome === outcome));
    return structuredClone(wanted.slice(0, limit));
  }

  async note(id: string, jobIds: readonly string[], outcome: ReplayOutcome): Promise<void> {
    const noted = new Set(jobIds);
    for (const item of this.#items.get(id) ?? []) if (noted.has(item.jobId)) item.outcome = outcome;
  }

  async count(id: string): Promise<ReplayCounts> {
    const items = this.#items.get(id) ?? [];
    const counts = Object.fromEntries(
      REPLAY_OUTCOMES.map((outcome) => [outcome, items.filter((item) => item.outcome === outcome).length]),
    ) as ReplayCounts;
    const operation = this.#replays.get(id);
    if (operation) operation.counts = counts;
    return counts;
  }

  async end(id: string, state: 'done' | 'stopped' | 'aborted', reason?: string): Promise<void> {
    const operation = this.#replays.get(id);
    if (!operation || !OPEN_REPLAYS.includes(operation.state)) return;
    Object.assign(operation, { state, endedAt: this.#clock.now(), ...(reason !== undefined && { reason }) });
  }
}
