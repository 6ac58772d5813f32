import { type ChildProcess, spawn } from 'node:child_process';
import { extname, join } from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { defineJobType, Pipelines } from '../../shared/domain/pipeline.ts';
import { DueRelay } from '../../shared/jobs/relay-due.ts';
import { runFsckRequests } from '../../shared/jobs/run-fsck-requests.ts';
import type { Mongo } from '../../shared/mongo/connect.ts';
import { databaseName } from '../../shared/mongo/database-name.ts';
import { MongoFsckRuns } from '../../shared/mongo/mongo-fsck-runs.ts';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { MongoLeaseStore } from '../../shared/mongo/mongo-lease-store.ts';
import { MongoOutputStore } from '../../shared/mongo/mongo-output-store.ts';
import type { RabbitMessageBus } from '../../shared/rabbit/rabbit-message-bus.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { someRecord } from '../contract/store-records.ts';
import { eventually } from '../support/eventually.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';
import { busOn, newVhostWithTopology, putByHand, type TestVhost } from '../support/rabbit.ts';
import { silentLogger } from '../support/silent-logger.ts';
import { GatewayProcess } from './gateway-process.ts';

const EXTENSION = extname(import.meta.filename);
const CLI = join(import.meta.dirname, `../../services/cli/main${EXTENSION}`);
const LONG_AGO = new Date(Date.now() - 3_600_000);
const DAY_MS = 86_400_000;

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface JobDocument {
  readonly _id: string;
  readonly [field: string]: unknown;
}

/** The real servers, a real gateway, the command as a process; the scheduler's part runs here, so that nothing else mends. */
describe('jobline fsck over real servers', function () {
  this.timeout(180_000);
  let vhost: TestVhost;
  let database: TestDatabase;
  let bus: RabbitMessageBus;
  let gateway: GatewayProcess;
  let scheduling: Promise<void>;
  const stop = new AbortController();
  const pipelines = new Pipelines([defineJobType('report', [{ name: 'p1' }, { name: 'p2' }])]);
  const logger = silentLogger();
  let hasPassed = true;

  before(async () => {
    [vhost, database] = await Promise.all([newVhostWithTopology(), newDatabase()]);
    bus = busOn(vhost, { service: 'fsck test' });
    await bus.start();
    gateway = await new GatewayProcess({
      RABBITMQ_URL: vhost.amqpUrl,
      RABBITMQ_MANAGEMENT_URL: vhost.managementUrl,
      MONGODB_URL: database.url,
    }).ready();
    await eventually('the broker has figures of the queues', async () => (await bus.queueDepths()).has('jobline.p1.standard'), 60_000);
    scheduling = schedule(database);
  });
  afterEach(function () {
    hasPassed &&= this.currentTest?.isPassed() ?? false;
  });
  after(async () => {
    stop.abort();
    await scheduling;
    await gateway.end();
    await bus.stop();
    await database.dispose(hasPassed);
    await vhost.drop();
  });

  /** What the scheduler does each second, and nothing else of it. */
  async function schedule(mongo: Mongo): Promise<void> {
    const store = new MongoJobStore(mongo, { clock });
    const outputs = new MongoOutputStore(mongo, { clock });
    const leases = new MongoLeaseStore(mongo.db);
    const fsckRuns = new MongoFsckRuns(mongo);
    // Nobody else works here: what is there at the first look is there at the second.
    const fsckWaits = { settleMs: 500, janitorRoundMs: 500 };
    const deps = { store, outputs, leases, bus, clock, pipelines, logger, fsckRuns, fsckWaits, owner: 'test' };
    while (!stop.signal.aborted) {
      await runFsckRequests(deps, stop.signal);
      await clock.sleep(200, stop.signal);
    }
  }

  function jobline(...args: string[]): Promise<Ran> {
    const { PATH = '', HOME = '', JOBLINE_TEST_RUN = '' } = process.env;
    const env = { PATH, HOME, JOBLINE_TEST_RUN, JOBLINE_ADMIN_URL: gateway.adminUrl('') };
    const loader = EXTENSION === '.ts' ? ['--import', 'tsx'] : [];
    const child: ChildProcess = spawn(process.execPath, [...loader, CLI, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout!.on('data', (chunk) => (out += chunk));
    child.stderr!.on('data', (chunk) => (err += chunk));
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
  }

  const jobs = () => database.db.collection<JobDocument>('jobs');

  /** A job of the first stage, changed by hand. */
  async function put(changes: Record<string, unknown>): Promise<string> {
    const { id, ...record } = someRecord({ type: 'report', stage: 0, run: 0, epoch: 0, attempt: 0, crashes: 0, results: [], log: [] });
    const all = { ...record, createdAt: new Date(), payload: '{"input":{},"options":{}}', ...changes };
    await jobs().insertOne({ _id: id, ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) });
    return id;
  }

  const ended = () => ({ active: undefined, doneAt: LONG_AGO, expireAt: new Date(Date.now() + DAY_MS) });
  const found = ({ out }: Ran) =>
    (JSON.parse(out) as { report: { findings: { rule: string; job_id?: string; repaired?: string }[] } }).report.findings;

  it('an untouched system, is clean', async () => {
    const ran = await jobline('fsck');
    expect(ran).to.deep.include({ code: 0, err: '' });
    expect(ran.out.trimEnd().split('\n').at(-1)).to.equal(
      '0 lost, 0 doubled (0 jobs, 0 zombies, 0 orphaned outputs, 0 stale dead letters)',
    );
  });

  it('wrong states made by hand, are each found, mended with --repair, and found no more', async () => {
    const wrong = {
      bell_lost: await put({ pub: { at: LONG_AGO, by: 'x' } }),
      owes_no_bell: await put({}),
      lease_over: await put({ state: 'RUNNING', claim: 'a', lease: { until: new Date(Date.now() - 120_000) } }),
      lease_long_over: await put({ state: 'RUNNING', claim: 'b', lease: { until: LONG_AGO } }),
      dead_letter_lost: await put({
        state: 'FAILED',
        pub: { at: LONG_AGO, by: 'x' },
        err: { code: 'x', message: 'y', errorClass: 'retry' },
        ...ended(),
      }),
    };
    const outputs = database.db.collection<JobDocument>('outputs');
    const orphan = { jobId: 'gone', stage: 0, claim: 'c', files: [], sweepAt: new Date(Date.now() - 2 * DAY_MS) };
    await outputs.insertOne({ _id: 'gone/0/c', ...orphan });
    const pairs = [...Object.entries(wrong), ['output_orphaned', 'gone']];

    const seen = await jobline('fsck', '--json');
    expect([seen.code, seen.err]).to.deep.equal([1, '']);
    expect(found(seen).map((one) => [one.rule, one.job_id])).to.have.deep.members(pairs);
    expect(found(seen).some((one) => one.repaired !== undefined)).to.equal(false);

    const mended = await jobline('fsck', '--repair', '--json');
    expect(mended.code).to.equal(1);
    expect(Object.fromEntries(found(mended).map((one) => [one.rule, one.repaired]))).to.deep.equal({
      bell_lost: 'rearm',
      owes_no_bell: 'rearm',
      lease_over: 'lease_lost',
      lease_long_over: 'lease_lost',
      dead_letter_lost: 'owe_dead',
      output_orphaned: 'removed',
    });
    expect(await outputs.countDocuments()).to.equal(0);
    const states = await jobs()
      .find({ _id: { $in: Object.values(wrong) } })
      .toArray();
    expect(
      states.every((job) => (job['pub'] as { due?: Date }).due instanceof Date),
      'all owe a bell or a letter',
    ).to.equal(true);

    const again = await jobline('fsck', '--repair');
    expect(again).to.deep.include({ code: 0 });
    expect(again.out).to.match(/^0 lost, 0 doubled \(5 jobs, 0 zombies/m);
    const store = new MongoJobStore(database, { clock });
    const relay = new DueRelay({ store, bus, clock, pipelines, logger });
    await relay.run(stop.signal);
    await relay.stop();
    await eventually('the dead letter is in its queue', async () => (await bus.deadLetterDepth('p1')) === 1);
    await jobs().deleteMany({});
    await bus.purgeDeadLetters('p1');
  });

  it('what only a person can mend, is told every time; the exit code says so', async () => {
    const results = ['a', 'b'].map((claim) => ({ stage: 0, run: 0, epoch: 0, claim, at: LONG_AGO }));
    await put({ state: 'RETRY_WAIT' });
    await put({ stage: 1, results, pub: { due: new Date(Date.now() + DAY_MS), by: 'x' } });
    await put({ payload: undefined, pub: { due: new Date(Date.now() + DAY_MS), by: 'x' } });
    for (const option of ['--json', '--repair']) {
      const ran = await jobline('fsck', ...new Set([option, '--json']));
      expect(ran.code).to.equal(1);
      expect(found(ran).map(({ rule }) => rule)).to.have.members(['waits_without_due', 'stage_committed_twice', 'payload_missing']);
    }
    await jobs().deleteMany({});
  });

  it('keys that are doubled after the unique index was lost, are found', async () => {
    await jobs().dropIndex('idempotency');
    const due = { pub: { due: new Date(Date.now() + DAY_MS), by: 'x' }, idemKey: 'k' };
    const ids = [await put(due), await put(due)];
    const ran = await jobline('fsck', '--json');
    expect(found(ran).map(({ rule }) => rule)).to.deep.equal(['idempotency_key_twice']);
    expect(ran.out).to.contain(ids[0]).and.contain(ids[1]);
    await jobs().deleteMany({});
    await jobs().createIndex(
      { tenant: 1, idemKey: 1 },
      { name: 'idempotency', unique: true, partialFilterExpression: { idemKey: { $type: 'string' } } },
    );
  });

  it('a letter that is stale, and one that cannot be read: the first is dropped with --repair, the second stays', async () => {
    await putByHand(vhost, 'jobline.p2.dlq', JSON.stringify({ v: 1, stage: 1, jobs: [{ id: clock.uuid(), gen: 3 }] }));
    await putByHand(vhost, 'jobline.p2.dlq', 'rubbish');
    const ran = await jobline('fsck', '--repair', '--json');
    expect(found(ran).map(({ rule, repaired }) => [rule, repaired])).to.have.deep.members([
      ['dead_letter_stale', 'dropped'],
      ['dead_letter_unreadable', undefined],
    ]);
    expect(await bus.deadLetterDepth('p2')).to.equal(1);
    await bus.purgeDeadLetters('p2');
  });

  it('bells that are in their queue, are not lost; the queue purged, they are, and are owed again', async () => {
    const ids = [
      await put({ pub: { at: LONG_AGO, by: 'x' }, lane: 'express' }),
      await put({ pub: { at: LONG_AGO, by: 'x' }, lane: 'express' }),
    ];
    await bus.publish(ids.map((id) => ({ stageName: 'p1', stage: 0, lane: 'express', type: 'report', bells: [{ id, gen: 7 }] })));
    const depth = async () => (await bus.queueDepths()).get('jobline.p1.express')?.ready;
    await eventually('the figures show both', async () => (await depth()) === 2, 30_000);
    expect((await jobline('fsck')).code).to.equal(0);
    await vhost.api.delete(vhost.api.inVhost('queues', 'jobline.p1.express', 'contents'));
    await eventually('the figures show none', async () => (await depth()) === 0, 30_000);
    const ran = await jobline('fsck', '--repair', '--json');
    expect(found(ran).map(({ rule, job_id, repaired }) => [rule, job_id, repaired])).to.have.deep.members(
      ids.map((id) => ['bell_lost', id, 'rearm']),
    );
    await jobs().deleteMany({});
  });

  it('the pages of a scan, come from the index on ids', async () => {
    const client = new MongoClient(database.url);
    try {
      const db = client.db(databaseName(database.url));
      await put({});
      const explained = await db
        .collection<JobDocument>('jobs')
        .aggregate([{ $match: { _id: { $gt: '0' } } }, { $sort: { _id: 1 } }, { $limit: 500 }], { hint: { _id: 1 } })
        .explain();
      expect(JSON.stringify(explained)).to.contain('IXSCAN').and.not.contain('"stage":"SORT"');
      const counted = await db
        .collection('files.chunks')
        .aggregate([
          { $match: { files_id: { $in: ['a'] } } },
          { $project: { _id: 0, files_id: 1, n: 1 } },
          { $group: { _id: '$files_id', count: { $sum: 1 } } },
        ])
        .explain();
      expect(JSON.stringify(counted), 'no chunk is read to count them').to.not.contain('"stage":"FETCH"');
      await jobs().deleteMany({});
    } finally {
      await client.close();
    }
  });
});
