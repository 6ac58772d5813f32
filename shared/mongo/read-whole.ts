import { type Db, type Document, Long } from 'mongodb';
import type { Within } from './in-time.ts';

interface Answer<T> {
  readonly cursor: { readonly id: Long | number; readonly firstBatch: readonly T[] };
}

/**
 * Reads documents by their ids in one answer, which is decoded as a whole. A cursor of the driver takes each document apart once more,
 * for a look at its fields that nobody takes (docs/decisions.md, "Two ways around a library"). An answer that does not hold all of them,
 * beyond 16 MiB, is asked for again in halves.
 * @param ids 1..n, in no order. @throws MongoError.
 */
export async function readWhole<T extends { readonly _id: string }>(
  db: Db,
  collection: string,
  { ids, projection }: { readonly ids: readonly string[]; readonly projection: Document },
  within: Within,
): Promise<readonly T[]> {
  const command = {
    find: collection,
    filter: { _id: { $in: ids } },
    projection,
    batchSize: ids.length + 1,
    readConcern: { level: 'local' },
  };
  const { cursor } = (await db.command(command, within)) as Answer<T>;
  if (Number(cursor.id) === 0) return cursor.firstBatch;
  const id = typeof cursor.id === 'number' ? Long.fromNumber(cursor.id) : cursor.id;
  // Else it goes by itself, later.
  db.command({ killCursors: collection, cursors: [id] }).catch(() => undefined);
  const half = Math.ceil(ids.length / 2);
  const parts = [ids.slice(0, half), ids.slice(half)].map((some) => readWhole<T>(db, collection, { ids: some, projection }, within));
  return (await Promise.all(parts)).flat();
}
