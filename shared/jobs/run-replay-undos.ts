import type { ReplayItem } from '../domain/dead-letters/replay-operation.ts';
import type { Logger } from '../ports/logger.ts';
import type { ReplayOperations } from '../ports/replay-operations.ts';
import { type LeaseDeps, whileLeased } from './keep-lease.ts';
import { replayMessage } from './run-replays.ts';
import { type UndoDeps, undoReplays } from './undo-replays.ts';

/** An undo whose scheduler died goes on after this. */
const LEASE = { name: 'replay-undos', leaseMs: 15_000 };
const BATCH = 500;

export interface ReplayUndoDeps extends LeaseDeps, UndoDeps {
  readonly replays: ReplayOperations;
  readonly logger: Logger;
}

/**
 * Takes back what has not started of the replays whose undo was asked for: begun anew after a crash, since what was put back is
 * told by the job's log. @returns jobs that are dead letters again.
 */
export async function runReplayUndos(deps: ReplayUndoDeps, stop: AbortSignal): Promise<number> {
  const { replays, logger } = deps;
  if (!(await replays.openUndo())) return 0;
  const undone = await whileLeased(deps, LEASE, stop, async (signal) => {
    let sum = 0;
    for (let open = await replays.openUndo(); open && !signal.aborted; open = await replays.openUndo()) {
      await noteUnnoted(deps, open.id);
      const count = await undoAll(deps, open.id, signal);
      sum += count;
      if (signal.aborted) return sum;
      const counts = await replays.count(open.id);
      await replays.endUndo(open.id);
      logger.warn({ replay: open.id, ...counts }, 'replay was undone');
    }
    return sum;
  });
  return undone ?? 0;
}

/** What a process replayed that died before it could note it: at most one batch, the next of those that are pending. */
async function noteUnnoted({ replays, store }: ReplayUndoDeps, id: string): Promise<void> {
  const pending = await replays.items(id, 'pending', BATCH);
  const records = await store.read(idsOf(pending), 'majority');
  const ours = records.filter(({ log }) => log.some(({ message }) => message === replayMessage(id)));
  await replays.note(
    id,
    ours.map((record) => record.id),
    'replayed',
  );
}

async function undoAll(deps: ReplayUndoDeps, id: string, signal: AbortSignal): Promise<number> {
  const { replays } = deps;
  let sum = 0;
  for (let after = -1; !signal.aborted; ) {
    const items = await replays.items(id, 'replayed', BATCH, after);
    if (items.length === 0) break;
    const undone = await undoReplays(deps, items, `its replay by operation ${id} was undone`);
    await replays.note(id, [...undone], 'undone');
    sum += undone.size;
    after = items.at(-1)!.seq;
  }
  return sum;
}

function idsOf(items: readonly ReplayItem[]): readonly string[] {
  return items.map(({ jobId }) => jobId);
}
