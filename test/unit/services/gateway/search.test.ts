import { expect } from 'chai';
import { SearchTooWideError } from '../../../../shared/domain/failures.ts';
import { jobList } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture } from './gateway-fixture.ts';

const body = async (answer: Response) => (await answer.json()) as Record<string, unknown>;

describe('the gateway, searching jobs', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const find = async (q: string, more = '') => {
    const answer = await gateway.get(`/v1/jobs?q=${encodeURIComponent(q)}${more}`);
    expect(answer.status).to.equal(200);
    return jobList.parse(await answer.json()).jobs.map((job) => job.job_id);
  };

  it('tags: are stored, shown and found; the same key with other tags is another request', async () => {
    const key = { 'idempotency-key': 'k-1' };
    const id = await gateway.submit({ tags: ['team/x', 'nightly'] }, key);
    await gateway.submit();
    expect(await body(await gateway.get(`/v1/jobs/${id}`))).to.deep.include({ tags: ['team/x', 'nightly'] });
    expect(await find('tag:team/x tag:nightly state:queued type:report age:<1h')).to.deep.equal([id]);
    expect(await find('tag:other')).to.deep.equal([]);
    const other = await gateway.post('/v1/jobs', { type: 'report', input: { rows: [{ a: 1 }] }, tags: ['nightly'] }, key);
    expect(other.status).to.equal(422);
  });

  it('failed jobs by their error; parameters beside the query hold too', async () => {
    const id = await gateway.submit();
    await gateway.claim(id);
    await gateway.die(id, { code: 'stage_timeout', message: 'x', errorClass: 'timeout' });
    await gateway.submit();
    expect(await find('error:stage_timeout')).to.deep.equal([id]);
    expect(await find('error:stage_timeout', '&type=other')).to.deep.equal([]);
    expect(await find('state:failed age:>1h')).to.deep.equal([]);
  });

  it("another tenant's jobs: are not found", async () => {
    await gateway.submitAs('someone-else');
    expect(await find('type:report')).to.deep.equal([]);
  });

  for (const [q, position] of [
    ['type:report colour:red', 12],
    ['state:{"$ne":null}', 0],
    ['tag:$where', 0],
  ] as const) {
    it(`${q}: 400 with the position`, async () => {
      const answer = await gateway.get(`/v1/jobs?q=${encodeURIComponent(q)}`);
      expect(answer.status).to.equal(400);
      const problem = await body(answer);
      expect(problem).to.include({ code: 'invalid_query', position });
      expect(problem['detail']).to.contain(`q, character ${position + 1}:`);
      expect(problem['errors']).to.have.length(1);
    });
  }

  it('a key both as a parameter and in the query, and a query given twice: 400', async () => {
    for (const query of ['q=state:failed&state=FAILED', 'q=type:a&type=a', 'q=type:a&q=type:b', `q=${'x'.repeat(1_001)}`])
      expect((await gateway.get(`/v1/jobs?${query}`)).status, query).to.equal(400);
  });

  for (const tags of [[], ['a', 'a'], ['with blank'], [''], Array.from({ length: 21 }, (_, n) => `t${n}`), 'a', [{ $ne: 1 }]]) {
    it(`tags ${JSON.stringify(tags).slice(0, 40)}: 422`, async () => {
      const answer = await gateway.post('/v1/jobs', { type: 'report', input: { rows: [{ a: 1 }] }, tags });
      expect(answer.status).to.equal(422);
      expect(JSON.stringify(await body(answer))).to.contain('/tags');
    });
  }

  it('a search that takes too long: 422, and other requests are served on', async () => {
    gateway.mishaps.surprise = new SearchTooWideError();
    const answer = await gateway.get('/v1/jobs?q=type:report');
    expect(answer.status).to.equal(422);
    expect(await body(answer)).to.include({ code: 'search_too_wide' });
    gateway.mishaps.surprise = undefined;
    expect((await gateway.get('/v1/jobs')).status).to.equal(200);
  });
});
