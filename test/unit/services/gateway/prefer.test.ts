import { expect } from 'chai';
import { acceptedJob, jobResource, jobStatus } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

const REPORT = { type: 'report', input: { rows: ROWS } };
const wait = (seconds: number | string) => ({ prefer: `wait=${seconds}` });

describe('the gateway, given preferences', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const isHeld = () => gateway.until(async () => gateway.waiters.waiting === 1);

  async function finish(id: string): Promise<void> {
    for (let stage = 0; stage < 2; stage += 1) {
      await gateway.claim(id);
      await gateway.commit(id, [{ name: 'r.csv', mediaType: 'text/csv', content: 'a', audience: 'user' }]);
    }
  }

  it('POST with wait, the job ends in time: 200 with the whole job and its files', async () => {
    const asked = gateway.post('/v1/jobs', REPORT, { ...wait(20), 'idempotency-key': 'k' });
    await isHeld();
    const { id } = gateway.bells()[0]!;
    await finish(id);
    const answer = await asked;
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('preference-applied')).to.equal('wait=20');
    expect(answer.headers.get('vary')).to.contain('Prefer');
    expect(answer.headers.get('location')).to.equal(`/v1/jobs/${id}`);
    expect(answer.headers.get('retry-after')).to.equal(null);
    const job = jobResource.parse(await answer.json());
    expect(job).to.include({ job_id: id, status: 'COMPLETED', done: true });
    expect(job.outputs!.map(({ name }) => name)).to.deep.equal(['r.csv', 'r.csv']);
    const again = await gateway.post('/v1/jobs', REPORT, { ...wait(20), 'idempotency-key': 'k' });
    expect([again.status, again.headers.get('idempotent-replayed')]).to.deep.equal([200, 'true']);
  });

  it('POST with wait, the job takes longer: 202 as ever when the time is up', async () => {
    const startedAtMs = performance.now();
    const answer = await gateway.post('/v1/jobs', REPORT, wait(1));
    expect(performance.now() - startedAtMs).to.be.within(900, 5_000);
    expect(answer.status).to.equal(202);
    expect(answer.headers.get('preference-applied')).to.equal('wait=1');
    expect(acceptedJob.parse(await answer.json()).status).to.equal('QUEUED');
  });

  it('respond-async: 202 at once; both: held, and both named', async () => {
    const answer = await gateway.post('/generate-file', { input: { rows: ROWS } }, { prefer: 'respond-async' });
    expect([answer.status, answer.headers.get('preference-applied')]).to.deep.equal([202, 'respond-async']);
    const both = await gateway.post('/v1/jobs', REPORT, { prefer: 'respond-async, wait="1"' });
    expect([both.status, both.headers.get('preference-applied')]).to.deep.equal([202, 'respond-async, wait=1']);
  });

  for (const prefer of ['wait=x', 'wait=-1', 'wait', 'wait=0', 'handling=lenient; a=b', ',,;=', 'wait=1e9']) {
    it(`Prefer: ${prefer}: is ignored`, async () => {
      const answer = await gateway.post('/v1/jobs', REPORT, { prefer });
      expect([answer.status, answer.headers.get('preference-applied'), answer.headers.get('vary')]).to.deep.equal([202, null, 'Prefer']);
    });
  }

  it('more than 30 s: are 30', async () => {
    const asked = gateway.post('/v1/jobs', REPORT, wait(86_400));
    await isHeld();
    await finish(gateway.bells()[0]!.id);
    expect((await asked).headers.get('preference-applied')).to.equal('wait=30');
  });

  it('GET status with wait: answered when the job has ended, by failing too; at once for one that has ended or is not there', async () => {
    const id = await gateway.submit();
    const asked = gateway.get(`/jobs/${id}/status`, wait(20));
    await isHeld();
    await gateway.claim(id);
    await gateway.die(id, { code: 'stage_timeout', message: 'x', errorClass: 'timeout' });
    const answer = await asked;
    expect(jobStatus.parse(await answer.json()).status).to.equal('FAILED');
    expect([answer.status, answer.headers.get('preference-applied')]).to.deep.equal([200, 'wait=20']);
    expect((await gateway.get(`/v1/jobs/${id}/status`, wait(20))).headers.get('preference-applied')).to.equal(null);
    expect((await gateway.get('/jobs/0198c2a0-0000-7000-8000-000000000000/status', wait(20))).status).to.equal(404);
    expect((await gateway.get(`/jobs/${await gateway.submitAs('someone-else')}/status`, wait(20))).status).to.equal(404);
  });

  it('more than may be held: the next is answered at once; a client that goes makes room', async () => {
    const ids = [await gateway.submit(), await gateway.submit(), await gateway.submit()];
    const going = new AbortController();
    const held = ids.map((id) => fetch(gateway.url(`/jobs/${id}/status`), { headers: wait(20), signal: going.signal }).catch(() => 'gone'));
    await gateway.until(async () => gateway.waiters.waiting === 3);
    expect((await gateway.get(`/jobs/${ids[0]}/status`, wait(20))).headers.get('preference-applied')).to.equal(null);
    going.abort();
    await Promise.all(held);
    await gateway.until(async () => gateway.waiters.waiting === 0);
  });

  it('the database goes away meanwhile: a submission that is stored is answered 202', async () => {
    const asked = gateway.post('/v1/jobs', REPORT, wait(20));
    await isHeld();
    gateway.mishaps.isAway = true;
    const answer = await asked;
    expect(answer.status).to.equal(202);
    acceptedJob.parse(await answer.json());
  });

  it('the gateway stops: what is held is answered, not cut off', async () => {
    const asked = gateway.post('/v1/jobs', REPORT, wait(20));
    await isHeld();
    await gateway.stop();
    expect((await asked).status).to.equal(202);
  });
});
