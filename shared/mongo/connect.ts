import { setTimeout as delay } from 'node:timers/promises';
import { type Db, MongoClient } from 'mongodb';
import type { Logger } from '../ports/logger.ts';
import { databaseName } from './database-name.ts';
import { toStoreError } from './store-errors.ts';

/** An operation fails after this long without a writable primary: callers have their own patience. */
const SERVER_SELECTION_MS = 2_000;
/** A server that has frozen is noticed within this plus the time between heartbeats; then its sockets are closed. */
const CONNECT_MS = 2_000;
const HEARTBEAT_MS = 2_000;
/** Longest answer to wait for on one socket. */
const SOCKET_MS = 30_000;
/** An operation waits at most this long for a connection of the pool. */
const WAIT_QUEUE_MS = 5_000;
/** Between two tries to connect at the start; each takes up to `SERVER_SELECTION_MS`. */
const CONNECT_AGAIN_MS = 500;
const POOL = 50;
const PING_MS = 1_500;

/** A connection to one database of one MongoDB. */
export interface Mongo {
  readonly client: MongoClient;
  readonly db: Db;
  /** @returns what is wrong, or undefined while there is a writable primary. */
  ping(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface MongoOptions {
  /** Connection string; its path names the database, default `jobline`. */
  readonly url: string;
  /** Shown in the server's logs. */
  readonly appName: string;
  readonly logger: Logger;
}

function newClient({ url, appName }: MongoOptions): MongoClient {
  return new MongoClient(url, {
    appName,
    writeConcern: { w: 'majority' },
    readPreference: 'primary',
    retryWrites: true,
    retryReads: true,
    serverSelectionTimeoutMS: SERVER_SELECTION_MS,
    connectTimeoutMS: CONNECT_MS,
    heartbeatFrequencyMS: HEARTBEAT_MS,
    socketTimeoutMS: SOCKET_MS,
    waitQueueTimeoutMS: WAIT_QUEUE_MS,
    maxPoolSize: POOL,
    ignoreUndefined: true,
  });
}

async function primaryProblem(db: Db): Promise<string | undefined> {
  try {
    const hello = await db.command({ hello: 1 }, { timeoutMS: PING_MS });
    return hello['isWritablePrimary'] === true ? undefined : 'there is no writable primary';
  } catch (error) {
    return error instanceof Error ? error.name : 'no answer';
  }
}

/**
 * A client whose first connect has failed keeps a topology that is closed for good, and its operations fail on that: only
 * another connect makes a new one (driver 7.9.0, lib/mongo_client.js and lib/operations/execute_operation.js).
 */
async function keepConnecting(client: MongoClient, logger: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await delay(CONNECT_AGAIN_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    try {
      await client.connect();
      logger.info({}, 'connected to MongoDB');
      return;
    } catch (error) {
      logger.debug({ err: error }, 'MongoDB does not answer yet');
    }
  }
}

/**
 * Connects. A server that is away is no error here: it is connected to when it answers, and operations throw
 * `StoreUnavailableError` until then.
 * @throws Error for a connection string that cannot be read.
 */
export async function connectMongo(options: MongoOptions): Promise<Mongo> {
  const client = newClient(options);
  const db = client.db(databaseName(options.url));
  const closed = new AbortController();
  let connecting: Promise<void> | undefined;
  try {
    await client.connect();
  } catch (error) {
    options.logger.warn({ err: toStoreError(error) }, 'starting without MongoDB, it is connected to when it answers');
    connecting = keepConnecting(client, options.logger, closed.signal);
  }
  const close = async () => {
    closed.abort();
    await connecting;
    await client.close();
  };
  return { client, db, ping: () => primaryProblem(db), close };
}
