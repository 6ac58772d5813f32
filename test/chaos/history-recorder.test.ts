import { expect } from 'chai';
import { type Collection, MongoClient } from 'mongodb';
import type { LocalMongodb } from '../../deploy/local/servers.d.mts';
import type { Transition } from '../../shared/domain/transition.ts';
import * as to from '../../shared/domain/transitions.ts';
import { conditionFilter } from '../../shared/mongo/condition-filter.ts';
import { type JobDocument, newJobDocument } from '../../shared/mongo/job-document.ts';
import { transitionUpdate } from '../../shared/mongo/transition-update.ts';
import { eventually } from '../support/eventually.ts';
import { localServers } from '../support/local-stack.ts';
import { HistoryRecorder } from './history-recorder.ts';

const CATCH_UP_MS = 60_000;

describe('History recorder', function () {
  this.timeout(180_000);
  let mongodb: LocalMongodb;
  let client: MongoClient;
  let recorder: HistoryRecorder;
  let jobs: Collection<JobDocument>;
  let database = 0;

  before(async () => {
    mongodb = await (await localServers()).startMongodb();
  });

  after(() => mongodb?.dispose());

  beforeEach(async () => {
    const url = new URL(mongodb.url);
    url.pathname = `/history_${(database += 1)}`;
    client = await new MongoClient(url.href, { serverSelectionTimeoutMS: 30_000 }).connect();
    jobs = client.db(url.pathname.slice(1)).collection<JobDocument>('jobs');
    await client.db(url.pathname.slice(1)).createCollection('jobs');
    recorder = await HistoryRecorder.start({ url: url.href });
  });

  afterEach(async () => {
    await recorder.stop();
    await client.close();
  });

  async function insert(ids: readonly string[]): Promise<void> {
    const job = {
      tenant: 't',
      reqHash: 'h',
      type: 'noop',
      pipelineVersion: 1,
      lane: 'standard',
      payload: { input: 1, options: {} },
    } as const;
    const documents = ids.map((id) => newJobDocument({ ...job, id, token: `first ${id}` }, new Date(), '{}'));
    await jobs.insertMany(documents, { writeConcern: { w: 'majority' } });
  }

  async function apply(ids: readonly string[], transition: Transition): Promise<void> {
    const filter = conditionFilter(ids, transition.when);
    await jobs.updateMany(filter, transitionUpdate(transition), { writeConcern: { w: 'majority' } });
  }

  const claim = (id: string) => to.claim({ stage: 0, gen: 1, claim: id, owner: 'w', leaseMs: 60_000 });

  it('shows every write with the record before and after it, without the payload', async () => {
    await insert(['a', 'b']);
    await apply(['a', 'b'], claim('c'));
    await apply(['a', 'b'], to.commit({ claim: 'c', last: true, token: 't', retainMs: 1_000 }));
    await jobs.updateOne({ _id: 'a' }, { $set: { state: 'QUEUED' } });
    await recorder.caughtUp(CATCH_UP_MS);
    expect(recorder.gaps).to.deep.equal([]);
    expect(recorder.seen).to.equal(7);
    expect(recorder.observer.count('commit_last')).to.equal(2);
    expect(recorder.observer.violations.map(({ rule, jobId }) => `${jobId} ${rule}`)).to.include('a unknown change');
    expect(recorder.observer.violations.filter(({ jobId }) => jobId === 'b')).to.deep.equal([]);
    expect(recorder.observer.jobs.get('a')!.last).not.to.have.property('payload');
  });

  it('goes on where it was through a step-down and a kill -9 of the server', async () => {
    await insert(['a', 'b']);
    await apply(['a'], claim('1'));
    await client.db('admin').command({ replSetStepDown: 1, force: true });
    await eventually('a primary', () => isPrimary(), 60_000);
    await apply(['b'], claim('2'));
    await mongodb.kill();
    await mongodb.restart();
    await apply(['a'], to.commit({ claim: '1', last: false, token: 't1', retainMs: 1 }));
    await apply(['b'], to.release({ claim: '2', token: 't2' }));
    await recorder.caughtUp(CATCH_UP_MS);
    expect(recorder.gaps).to.deep.equal([]);
    expect(recorder.observer.violations).to.deep.equal([]);
    expect(recorder.seen).to.equal(6);
  });

  it('says that the history is incomplete when the server did not keep a record', async () => {
    await insert(['a']);
    await recorder.caughtUp(CATCH_UP_MS);
    await client.db(jobs.dbName).command({ collMod: 'jobs', changeStreamPreAndPostImages: { enabled: false } });
    await apply(['a'], claim('1'));
    await recorder.caughtUp(CATCH_UP_MS);
    expect(recorder.gaps.map(({ rule }) => rule)).to.include('history incomplete');
  });

  it('says so when it has not come to know a job', async () => {
    await insert(['a']);
    await recorder.caughtUp(CATCH_UP_MS);
    await recorder.stop();
    await insert(['b']);
    const late = await HistoryRecorder.start({ url: new URL(`/${jobs.dbName}`, mongodb.url).href });
    try {
      await late.caughtUp(0);
      expect(late.gaps.map(({ rule }) => rule)).to.deep.equal(['history incomplete']);
    } finally {
      await late.stop();
    }
  });

  async function isPrimary(): Promise<boolean> {
    const hello = await client
      .db('admin')
      .command({ hello: 1 })
      .catch(() => ({ isWritablePrimary: false }));
    return hello['isWritablePrimary'] === true;
  }
});
