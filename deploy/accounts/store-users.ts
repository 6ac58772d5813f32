import { setTimeout as delay } from 'node:timers/promises';
import { type Db, MongoClient, MongoServerError } from 'mongodb';
import { databaseName } from '../../shared/mongo/database-name.ts';
import type { Account } from './accounts.ts';

const NOT_YET_INITIALIZED = 94;
const ALREADY_INITIALIZED = 23;
const USER_NOT_FOUND = 11;
const RETRY_MS = 200;

/** @returns the server's answer, or undefined for an error with this code. @throws any other error. */
async function unless(code: number, work: Promise<unknown>): Promise<unknown> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === code) return undefined;
    throw error;
  }
}

/** Makes a lone new member a replica set of the name that it was started with; one that is a replica set stays as it is. */
async function initiate(admin: Db, host: string): Promise<void> {
  if (await unless(NOT_YET_INITIALIZED, admin.command({ replSetGetStatus: 1 }))) return;
  const { parsed } = await admin.command({ getCmdLineOpts: 1 });
  const config = { _id: parsed.replication.replSet, members: [{ _id: 0, host }] };
  await unless(ALREADY_INITIALIZED, admin.command({ replSetInitiate: config }));
}

async function whenWritable(admin: Db, waitMs: number): Promise<void> {
  const until = performance.now() + waitMs;
  while ((await admin.command({ hello: 1 }))['isWritablePrimary'] !== true) {
    if (performance.now() >= until) throw new Error(`MongoDB has no writable primary after ${waitMs} ms.`);
    await delay(RETRY_MS);
  }
}

async function applyUser(admin: Db, { name, storeRoles }: Account, password: string | undefined, database: string): Promise<void> {
  const settings = { pwd: password, roles: storeRoles.map((role) => ({ role, db: database })) };
  if (await unless(USER_NOT_FOUND, admin.command({ updateUser: name, ...settings }))) return;
  await admin.command({ createUser: name, ...settings });
}

/**
 * Makes the accounts in MongoDB (in its database `admin`), or brings password and roles of those that are there up to date.
 * A URL with `directConnection=true` names a server that is to be a replica set of one: a new one is initiated first.
 * Safe to repeat.
 * @throws MongoError; Error when there is no writable primary after `waitMs`.
 */
export async function applyStoreUsers(options: {
  /** Of an administrator; its path names the database that roles are given on. */
  readonly url: string;
  readonly accounts: readonly Account[];
  readonly passwords: ReadonlyMap<string, string>;
  readonly waitMs: number;
}): Promise<void> {
  const { url, accounts, passwords, waitMs } = options;
  const client = new MongoClient(url, { appName: 'jobline accounts', serverSelectionTimeoutMS: waitMs });
  try {
    await client.connect();
    const admin = client.db('admin');
    if (client.options.directConnection) await initiate(admin, String(client.options.hosts[0]));
    await whenWritable(admin, waitMs);
    for (const account of accounts) await applyUser(admin, account, passwords.get(account.name), databaseName(url));
  } finally {
    await client.close();
  }
}
