import { expect } from 'chai';
import { problem as problemSchema } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

const REPORT = { type: 'report', input: { rows: ROWS } };
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
/** Fills too slowly to matter in a test. */
const SLOW = { perSecond: 0.01, burst: 3 };

describe('the rate limit', () => {
  let gateway: GatewayFixture;
  afterEach(() => gateway.stop());

  it('used up, is 429 with one moment in Retry-After and RateLimit, and uses no idempotency key', async () => {
    gateway = await new GatewayFixture({ rateLimit: SLOW }).start();
    const first = await gateway.get('/v1/jobs');
    expect(first.status).to.equal(200);
    expect(first.headers.get('ratelimit-policy')).to.equal('"default";q=3;w=300');
    expect(first.headers.get('ratelimit')).to.match(/^"default";r=2;t=\d+$/);
    await gateway.get('/v1/jobs');
    expect((await gateway.get('/v1/jobs')).headers.get('ratelimit')).to.match(/^"default";r=0;t=300$/);
    const refused = await gateway.post('/v1/jobs', REPORT, { 'idempotency-key': 'k' });
    expect(refused.status).to.equal(429);
    const seconds = Number(refused.headers.get('retry-after'));
    expect(seconds).to.be.within(1, 100);
    expect(refused.headers.get('ratelimit')).to.equal(`"default";r=0;t=${seconds}`);
    expect(problemSchema.parse(await refused.json())).to.deep.include({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      code: 'rate_limited',
      'violated-policies': ['default'],
    });
    expect(await gateway.jobCount()).to.equal(0);
  });

  it('a bucket that is empty, is not asked again before it can have a token', async () => {
    gateway = await new GatewayFixture({ rateLimit: { ...SLOW, burst: 1 } }).start();
    await gateway.get('/v1/jobs');
    await gateway.get('/v1/jobs');
    const { takes } = gateway.rateBuckets;
    for (let count = 0; count < 5; count += 1) expect((await gateway.get('/v1/jobs')).status).to.equal(429);
    expect(gateway.rateBuckets.takes).to.equal(takes);
  });

  it('many at once, exactly as many pass as there are tokens, by few questions', async () => {
    gateway = await new GatewayFixture({ rateLimit: { perSecond: 0.01, burst: 20 } }).start();
    const answers = await Promise.all(Array.from({ length: 60 }, () => gateway.get('/v1/jobs')));
    expect(answers.filter(({ status }) => status === 200)).to.have.length(20);
    expect(answers.filter(({ status }) => status === 429)).to.have.length(40);
    expect(gateway.rateBuckets.takes).to.be.below(60);
  });

  it('time that passes, gives room again; public paths and the control plane have no limit', async () => {
    gateway = await new GatewayFixture({ rateLimit: { perSecond: 20, burst: 1 } }).start();
    await gateway.get('/v1/jobs');
    await gateway.until(async () => (await gateway.get('/v1/jobs')).status === 429);
    await gateway.until(async () => (await gateway.get('/v1/jobs')).status === 200);
    for (let count = 0; count < 5; count += 1) {
      expect((await gateway.get('/livez')).headers.get('ratelimit')).to.equal(null);
      expect((await fetch(gateway.adminUrl('/admin/v1/stages'))).status).to.equal(200);
    }
  });

  it('tenants do not take from each other; a key with a limit of its own has a bucket of its own', async () => {
    gateway = await new GatewayFixture({ auth: 'keys', rateLimit: { ...SLOW, burst: 1 } }).start();
    const acme = await gateway.key(['read'], { tenant: 'acme' });
    const alsoAcme = await gateway.key(['read'], { tenant: 'acme' });
    const other = await gateway.key(['read'], { tenant: 'other' });
    const own = await gateway.key(['read'], { tenant: 'acme', rateLimit: { perSecond: 0.01, burst: 2 } });
    const status = async (key: string) => (await gateway.get('/v1/jobs', bearer(key))).status;
    expect([await status(acme), await status(alsoAcme), await status(other)]).to.deep.equal([200, 429, 200]);
    const answer = await gateway.get('/v1/jobs', bearer(own));
    expect(answer.headers.get('ratelimit-policy')).to.equal('"key";q=2;w=200');
    expect([answer.status, await status(own), await status(own)]).to.deep.equal([200, 200, 429]);
  });

  it('refused for its scope, takes no token', async () => {
    gateway = await new GatewayFixture({ auth: 'keys', rateLimit: { ...SLOW, burst: 1 } }).start();
    const key = await gateway.key(['read']);
    expect((await gateway.post('/v1/jobs', REPORT, bearer(key))).status).to.equal(403);
    expect((await gateway.get('/v1/jobs', bearer(key))).status).to.equal(200);
  });
});

describe('the quota of waiting jobs', () => {
  let gateway: GatewayFixture;
  let acme: Record<string, string>;
  let other: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture({ auth: 'keys', maxWaitingJobsPerTenant: 2 }).start();
    acme = bearer(await gateway.key(['submit'], { tenant: 'acme' }));
    other = bearer(await gateway.key(['submit'], { tenant: 'other' }));
  });
  afterEach(() => gateway.stop());

  const submit = (headers: Record<string, string>) => gateway.post('/v1/jobs', REPORT, headers);

  it('used up, is 429 with Retry-After for this tenant alone, and the idempotency key is free', async () => {
    expect([(await submit(acme)).status, (await submit(acme)).status]).to.deep.equal([202, 202]);
    const refused = await submit({ ...acme, 'idempotency-key': 'k' });
    expect(refused.status).to.equal(429);
    expect(Number(refused.headers.get('retry-after'))).to.be.within(1, 300);
    const problem = problemSchema.parse(await refused.json());
    expect(problem).to.include({ code: 'quota_exceeded', type: 'https://iana.org/assignments/http-problem-types#quota-exceeded' });
    expect((await submit(other)).status).to.equal(202);
    expect(await gateway.jobCount()).to.equal(3);
  });

  it('jobs that waited before this gateway started, count', async () => {
    for (let count = 0; count < 2; count += 1) await gateway.submitAs('acme');
    expect((await submit(acme)).status).to.equal(429);
  });

  it('jobs that are taken up, give room again', async () => {
    const { job_id } = (await (await submit(acme)).json()) as { job_id: string };
    await submit(acme);
    expect((await submit(acme)).status).to.equal(429);
    await gateway.claim(job_id);
    await gateway.until(async () => (await submit(acme)).status === 202);
  }).timeout(15_000);

  it('a batch, goes in as far as there is room; one that finds none is 429 as a whole', async () => {
    const batch = () => gateway.post('/v1/jobs:batch', { jobs: [REPORT, REPORT, REPORT] }, acme);
    const { results } = (await (await batch()).json()) as { results: { status: number; retry_after?: number }[] };
    expect(results.map(({ status }) => status)).to.deep.equal([202, 202, 429]);
    expect(results[2]!.retry_after).to.be.at.least(1);
    const refused = await batch();
    expect([refused.status, refused.headers.has('retry-after')]).to.deep.equal([429, true]);
  });
});
