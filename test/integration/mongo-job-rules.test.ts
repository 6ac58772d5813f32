import { expect } from 'chai';
import { type JobDocument, newJobDocument } from '../../shared/mongo/job-document.ts';
import { newDatabase, type TestDatabase } from '../support/mongo.ts';

const DOCUMENT_REFUSED = 121;

describe('what the server refuses to store as a job', () => {
  let database: TestDatabase;
  before(async () => {
    database = await newDatabase();
  });
  after(async function () {
    await database.dispose(this.currentTest?.state === 'passed');
  });

  const job = (more: object): JobDocument => {
    const fields = { tenant: 't', reqHash: 'h', type: 'x', pipelineVersion: 1, lane: 'bulk', token: 'a' } as const;
    return { ...newJobDocument({ id: `${Math.random()}`, ...fields, payload: { input: 1, options: {} } }, new Date(), '{}'), ...more };
  };
  const insert = (more: object) =>
    database.db
      .collection<JobDocument>('jobs')
      .insertOne(job(more))
      .then(
        () => 'stored',
        (error: { code: unknown }) => error.code,
      );

  it('is not a job as it is made', async () => {
    expect(await insert({})).to.equal('stored');
  });

  const bad: readonly [string, object][] = [
    ['an id that is no text', { _id: 1 }],
    ['a state that there is not', { state: 'DONE' }],
    ['a lane that there is not', { lane: 'fast' }],
    ['a stage beyond the last', { stage: 16 }],
    ['a stage as text', { stage: '0' }],
    ['a generation below the first', { gen: 0 }],
    ['no generation', { gen: undefined }],
    ['an epoch below 0', { epoch: -1 }],
    ['attempts as text', { attempt: '1' }],
    ['results that are no list', { results: {} }],
    ['no log', { log: undefined }],
    ['a creation that is no date', { createdAt: '2026-01-01' }],
  ];
  for (const [what, more] of bad)
    it(`is one with ${what}`, async () => {
      expect(await insert(more)).to.equal(DOCUMENT_REFUSED);
    });
});
