import { type Db, type Document, MongoClient } from 'mongodb';
import { databaseName } from '../../shared/mongo/database-name.ts';
import { checkMigrations } from '../../shared/mongo/migrations.ts';
import { clockFinding } from './clock-finding.ts';
import { type Finding, Findings, isOlder } from './finding.ts';

const OLDEST = [6, 0] as const;
const SELECTION_MS = 4_000;
const NEEDED = ['find', 'insert', 'update', 'remove', 'createCollection', 'createIndex', 'changeStream'] as const;

type Said = Pick<Finding, 'status' | 'message'>;

function versionFinding(version: string): Said {
  if (!isOlder(version, OLDEST)) return { status: 'ok', message: version };
  return { status: 'failed', message: `${version} is older than ${OLDEST.join('.')}: update it.` };
}

function replicaSetFinding({ setName, hosts = [], isWritablePrimary, msg }: Document): Said {
  if (msg === 'isdbgrid') return { status: 'warning', message: 'A sharded cluster, on which nothing was tested.' };
  if (setName === undefined)
    return {
      status: 'failed',
      message: 'Not a replica set, which change streams and majority writes need: start it with --replSet, and initiate it.',
    };
  if (isWritablePrimary !== true) return { status: 'failed', message: `${setName} has no writable primary here: look at rs.status().` };
  const members = hosts.length === 1 ? '1 member: its machine is the only copy' : `${hosts.length} members`;
  return { status: 'ok', message: `${setName}, ${members}` };
}

interface Privilege {
  readonly resource: { readonly db?: string; readonly collection?: string; readonly anyResource?: boolean };
  readonly actions: readonly string[];
}

async function permissionFinding(db: Db): Promise<Said> {
  const { authInfo } = await db.command({ connectionStatus: 1, showPrivileges: true });
  if (authInfo.authenticatedUsers.length === 0) return { status: 'ok', message: 'It asks nobody for a login: let nobody else reach it.' };
  const user = String(authInfo.authenticatedUsers[0].user);
  const covers = ({ resource: { db: name, collection, anyResource } }: Privilege) =>
    anyResource === true || ((name === '' || name === db.databaseName) && collection === '');
  const actions = new Set((authInfo.authenticatedUserPrivileges as Privilege[]).filter(covers).flatMap((one) => one.actions));
  const missing = NEEDED.filter((action) => !actions.has(action));
  if (missing.length === 0) return { status: 'ok', message: `${user} may do what is needed in ${db.databaseName}` };
  return { status: 'failed', message: `${user} may not ${missing.join(', ')} in ${db.databaseName}: give it the role readWrite.` };
}

async function schemaFinding(db: Db): Promise<Said> {
  await checkMigrations(db);
  return { status: 'ok', message: `${db.databaseName} has every migration` };
}

async function helloWithClock(db: Db): Promise<{ hello: Document; clock: Said }> {
  const askedAtMs = Date.now();
  const hello = await db.command({ hello: 1 });
  const answeredAtMs = Date.now();
  return { hello, clock: clockFinding((hello['localTime'] as Date).getTime(), { askedAtMs, answeredAtMs }) };
}

/** Version, replica set, permissions, schema and clock of a MongoDB; nothing is changed. */
export async function checkMongodb(url: string): Promise<readonly Finding[]> {
  const findings = new Findings('MongoDB');
  const client = new MongoClient(url, { appName: 'jobline doctor', serverSelectionTimeoutMS: SELECTION_MS });
  try {
    await client.connect();
    const db = client.db(databaseName(url));
    const { version } = await db.command({ buildInfo: 1 });
    const { hello, clock } = await helloWithClock(db);
    await findings.try('version', async () => versionFinding(String(version)));
    await findings.try('replica set', async () => replicaSetFinding(hello));
    await findings.try('permissions', () => permissionFinding(db));
    await findings.try('schema', () => schemaFinding(db));
    await findings.try('clock', async () => clock);
  } catch (error) {
    const { hosts } = client.options;
    const why = error instanceof Error ? error.message : String(error);
    findings.add('', 'failed', `${hosts.map(String).join(', ')} cannot be used: ${why}. Is MONGODB_URL right, and is it up?`);
  } finally {
    await client.close();
  }
  return findings.all;
}
