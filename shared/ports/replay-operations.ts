import type { LetterAction, ReplayCounts, ReplayItem, ReplayOperation, ReplayOutcome } from '../domain/dead-letters/replay-operation.ts';
import type { DeadLetter } from './dead-letters.ts';

/** What is given to a new plan. */
export type NewReplay = Pick<ReplayOperation, 'id' | 'by' | 'note' | 'asked' | 'filter' | 'terms' | 'planned' | 'digest'>;

/** Replays of many dead letters and their items: the gateway plans and applies, a scheduler carries out. Kept for 30 days. Methods throw `StoreUnavailableError`. */
export interface ReplayOperations {
  plan(replay: NewReplay): Promise<ReplayOperation>;
  read(id: string): Promise<ReplayOperation | undefined>;
  /** Those that do this, newest first. */
  list(limit: number, action: LetterAction): Promise<readonly ReplayOperation[]>;
  /** Planned → collecting, once. @returns false when it was not planned any more. */
  apply(id: string): Promise<boolean>;
  /** A plan is aborted at once; one under way when its runner sees it, within a second. @returns false when it had ended. */
  abort(id: string): Promise<boolean>;
  /** Asks for an undo, once; one under way is asked to abort too. @returns false for a plan, and where it was asked for already. */
  undo(id: string, by: string): Promise<boolean>;
  /** The oldest that has ended and whose undo is asked for and has not ended. */
  openUndo(): Promise<ReplayOperation | undefined>;
  endUndo(id: string): Promise<void>;
  /** The oldest that is collecting or running. */
  open(): Promise<ReplayOperation | undefined>;
  /** What a collecting process that died has noted. */
  forgetItems(id: string): Promise<void>;
  /** Notes jobs as pending, in order from `seq` on; one that is noted stays as it is. */
  addItems(id: string, letters: readonly DeadLetter[], seq: number): Promise<void>;
  /** Collecting → running. */
  collected(id: string): Promise<void>;
  /** In order, those of one outcome. @param after the `seq` of the last one before, default from the first. */
  items(id: string, outcome: ReplayOutcome | undefined, limit: number, after?: number): Promise<readonly ReplayItem[]>;
  note(id: string, jobIds: readonly string[], outcome: ReplayOutcome): Promise<void>;
  /** Counts what became of the jobs, and keeps it with the operation. */
  count(id: string): Promise<ReplayCounts>;
  end(id: string, state: 'done' | 'stopped' | 'aborted', reason?: string): Promise<void>;
}
