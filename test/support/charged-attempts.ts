import type { Db } from 'mongodb';

/** Attempts that jobs of a type have failed, by their records. */
export async function chargedAttempts(db: Db, type: string): Promise<number> {
  const events = db
    .collection('jobs')
    .aggregate<{ n: number }>([
      { $match: { type } },
      { $unwind: '$log' },
      { $match: { 'log.event': { $in: ['retry', 'dead'] } } },
      { $count: 'n' },
    ]);
  return (await events.next())?.n ?? 0;
}
