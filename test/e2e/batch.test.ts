import { expect } from 'chai';
import { postNdjson } from '../support/ndjson-request.ts';
import { TestSystem } from '../support/test-system.ts';

const JOBS = 3_000;

describe('A batch', function () {
  this.timeout(120_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start();
  });

  after(() => system?.stop());

  it('of 3,000 jobs in one request: each runs through both stages, once', async () => {
    const lines = Array.from({ length: JOBS }, (_, index) =>
      JSON.stringify({ type: 'noop', input: { index }, idempotency_key: `e2e-${index}` }),
    );
    const ids: string[] = [];
    const send = () =>
      postNdjson(`${system.system.api}/v1/jobs:batch`, lines, (line) => {
        const { index, job_id } = JSON.parse(line) as { index: number; job_id: string };
        ids[index] = job_id;
      });
    expect(await send()).to.equal(200);
    const accepted = [...ids];
    expect(await system.untilAllEnded(accepted)).to.deep.equal({ COMPLETED: JOBS });
    expect(await send()).to.equal(200);
    expect(ids).to.deep.equal(accepted);
    expect(await system.db.collection('jobs').countDocuments({})).to.equal(JOBS);
    const committed = await system.db.collection('jobs').countDocuments({ results: { $size: 2 }, run: 0, lane: 'bulk' });
    expect(committed).to.equal(JOBS);
  });
});
