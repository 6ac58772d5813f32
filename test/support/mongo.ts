import { randomBytes } from 'node:crypto';
import type { LocalMongodb } from '../../deploy/local/servers.d.mts';
import { connectMongo, type Mongo } from '../../shared/mongo/connect.ts';
import { migrate } from '../../shared/mongo/migrations.ts';
import { localServers } from './local-stack.ts';
import { silentLogger } from './silent-logger.ts';

let own: Promise<LocalMongodb> | undefined;

/** The MongoDB that the suite shares: JOBLINE_TEST_MONGODB_URL, or one that is started now. Its URL names no database. */
export async function sharedMongo(): Promise<string> {
  const url = process.env['JOBLINE_TEST_MONGODB_URL'];
  if (url) return url;
  own ??= localServers().then(({ startMongodb }) => startMongodb());
  return (await own).url;
}

after('the MongoDB of this suite', async () => {
  await (await own)?.dispose();
});

/** A database of a test's own. */
export interface TestDatabase extends Mongo {
  readonly url: string;
  /** Ends the connection; the database is dropped when the test passed, and kept to be looked at when it failed. */
  dispose(hasPassed: boolean): Promise<void>;
}

export async function newDatabase({ isMigrated = true, server }: { isMigrated?: boolean; server?: string } = {}): Promise<TestDatabase> {
  const url = new URL(server ?? (await sharedMongo()));
  url.pathname = `/test-${randomBytes(6).toString('hex')}`;
  const mongo = await connectMongo({ url: url.toString(), appName: 'test', logger: silentLogger() });
  if (isMigrated) await migrate(mongo.db);
  return {
    ...mongo,
    url: url.toString(),
    dispose: async (hasPassed) => {
      if (hasPassed) await mongo.db.dropDatabase();
      await mongo.close();
    },
  };
}
