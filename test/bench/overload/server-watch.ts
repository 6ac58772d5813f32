import { connect } from 'amqplib';
import type { Collection, Document } from 'mongodb';
import { eventNotesOf } from '../../support/event-notes-of.ts';
import { nowMs } from './answers.ts';

/** What the servers themselves say at a moment. */
export interface ServerLook {
  readonly atMs: number;
  /** Messages ready in the queue of each stage, by the broker. */
  readonly ready: Readonly<Record<string, number>>;
  /** For how long the doorbell owed longest has been due, by the store. */
  readonly bellsLagMs: number;
  /** The same of events. */
  readonly eventsLagMs: number;
}

const EVERY_MS = 3_000;
const QUEUES: Readonly<Record<string, string>> = { p1: 'jobline.p1.standard', p2: 'jobline.p2.standard' };

async function lagMs(jobs: Collection<Document>, path: 'pub.due' | 'evt.due'): Promise<number> {
  const found = await jobs.findOne({ [path]: { $exists: true } }, { sort: { [path]: 1 }, projection: { [path]: 1 } });
  const due = (path === 'pub.due' ? found?.['pub']?.due : found?.['evt']?.due) as Date | undefined;
  return due ? Math.max(nowMs() - due.getTime(), 0) : 0;
}

/** By a record or by a note. */
async function eventsLagMs(jobs: Collection<Document>): Promise<number> {
  const note = await eventNotesOf(jobs).findOne({}, { sort: { due: 1 } });
  return Math.max(await lagMs(jobs, 'evt.due'), note ? nowMs() - note.due.getTime() : 0);
}

/** Asks RabbitMQ and MongoDB for what metrics claim, every few seconds. Resolves with what ends it. */
export async function watchServers(rabbitmqUrl: string, jobs: Collection<Document>): Promise<() => Promise<readonly ServerLook[]>> {
  const connection = await connect(rabbitmqUrl);
  const channel = await connection.createChannel();
  const looks: ServerLook[] = [];
  const look = async () => {
    const depth = async ([stage, queue]: [string, string]) => [stage, (await channel.checkQueue(queue)).messageCount] as const;
    const atMs = nowMs();
    const ready = Object.fromEntries(await Promise.all(Object.entries(QUEUES).map(depth)));
    looks.push({ atMs, ready, bellsLagMs: await lagMs(jobs, 'pub.due'), eventsLagMs: await eventsLagMs(jobs) });
  };
  let looking = look();
  const timer = setInterval(() => (looking = looking.then(look)), EVERY_MS);
  return async () => {
    clearInterval(timer);
    await looking;
    await connection.close();
    return looks;
  };
}
