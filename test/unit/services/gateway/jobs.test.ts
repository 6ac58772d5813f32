import { expect } from 'chai';
import { acceptedJob, jobList, jobResource, jobStatus, timeline } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

const body = async (answer: Response) => (await answer.json()) as Record<string, unknown>;
const REPORT = { type: 'report', input: { rows: ROWS } };

describe('the gateway, given jobs', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  describe('submitting', () => {
    for (const [path, request] of [
      ['/generate-file', { input: { rows: ROWS } }],
      ['/v1/jobs', REPORT],
    ] as const) {
      it(`POST ${path}: 202 with id, Location and links, one stored job, one doorbell`, async () => {
        const answer = await gateway.post(path, request);
        expect(answer.status).to.equal(202);
        const { job_id, status, links } = acceptedJob.parse(await answer.json());
        expect(status).to.equal('QUEUED');
        expect(answer.headers.get('location')).to.equal(`/v1/jobs/${job_id}`);
        expect(answer.headers.get('retry-after')).to.equal('1');
        for (const path of [links['self']!, links['status']!, links['timeline']!, links['outputs']!])
          expect((await gateway.get(path)).status).to.equal(200);
        expect(gateway.bells()).to.deep.equal([{ id: job_id, gen: 1 }]);
        expect(await gateway.payloadOf(job_id)).to.deep.equal({
          input: { rows: ROWS },
          options: { filter: [], group_by: [], metrics: [], sort: [], limit: 1_000, formats: ['pdf', 'xlsx', 'html', 'csv'] },
        });
      });
    }

    it('run_at ahead: SCHEDULED and no doorbell; run_at in the past: at once', async () => {
      const ahead = await body(await gateway.post('/v1/jobs', { ...REPORT, run_at: new Date(Date.now() + 60_000).toISOString() }));
      expect(ahead).to.include({ status: 'SCHEDULED' });
      expect(gateway.bells()).to.deep.equal([]);
      const past = await body(await gateway.post('/v1/jobs', { ...REPORT, run_at: '2020-01-01T00:00:00+01:00' }));
      expect(past).to.include({ status: 'QUEUED' });
    });

    it('lane, max_attempts and deadline_at: are stored', async () => {
      const deadline_at = new Date(Date.now() + 3_600_000).toISOString();
      const id = await gateway.submit({ lane: 'express', max_attempts: 7, deadline_at });
      const job = await body(await gateway.get(`/v1/jobs/${id}`));
      expect(job).to.include({ lane: 'express', deadline_at });
      expect((await gateway.recordOf(id)).maxAttempts).to.equal(7);
    });

    it('RabbitMQ away: accepted all the same', async () => {
      gateway.bus.isConnected = false;
      expect((await gateway.post('/v1/jobs', REPORT)).status).to.equal(202);
    });

    it('too much waiting: 503 with Retry-After', async () => {
      await gateway.stop();
      gateway = await new GatewayFixture({ maxWaitingJobs: 2 }).start();
      expect((await gateway.post('/v1/jobs', REPORT)).status).to.equal(202);
      expect((await gateway.post('/v1/jobs', REPORT)).status).to.equal(202);
      const answer = await gateway.post('/v1/jobs', REPORT);
      expect(answer.status).to.equal(503);
      expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 300);
      expect(await body(answer)).to.include({ code: 'overloaded' });
    });
  });

  describe('Idempotency-Key', () => {
    const key = { 'idempotency-key': '"k-1"' };

    it('the same key and request again: the same 202 and no second job, with keys in another order and defaults spelt out too', async () => {
      const first = await gateway.post('/v1/jobs', REPORT, key);
      const again = await gateway.post(
        '/v1/jobs',
        { lane: 'standard', options: { limit: 1_000 }, input: { rows: ROWS }, type: 'report' },
        { 'idempotency-key': 'k-1' },
      );
      expect(again.status).to.equal(202);
      expect(again.headers.get('idempotent-replayed')).to.equal('true');
      expect(again.headers.get('location')).to.equal(first.headers.get('location'));
      expect(await body(again)).to.deep.equal(await body(first));
      expect(gateway.bells()).to.have.length(1);
    });

    it('the same request by POST /generate-file: the same job', async () => {
      const { job_id } = await body(await gateway.post('/v1/jobs', REPORT, key));
      expect((await body(await gateway.post('/generate-file', { input: { rows: ROWS } }, key)))['job_id']).to.equal(job_id);
    });

    it('the same key with another request: 422', async () => {
      await gateway.post('/v1/jobs', REPORT, key);
      const answer = await gateway.post('/v1/jobs', { ...REPORT, options: { limit: 1 } }, key);
      expect(answer.status).to.equal(422);
      expect(await body(answer)).to.include({ code: 'idempotency_mismatch' });
    });

    it('50 requests at once with one key: one job', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => gateway.post('/v1/jobs', REPORT, key)));
      expect(answers.map((answer) => answer.status)).to.deep.equal(Array.from({ length: 50 }, () => 202));
      const ids = new Set((await Promise.all(answers.map(body))).map((one) => one['job_id']));
      expect(ids.size).to.equal(1);
    });

    it('a refused request: does not burn the key', async () => {
      expect((await gateway.post('/v1/jobs', { type: 'report' }, key)).status).to.equal(422);
      expect((await gateway.post('/v1/jobs', REPORT, key)).status).to.equal(202);
    });

    it('a scheduled job, repeated: answers SCHEDULED again', async () => {
      const request = { ...REPORT, run_at: new Date(Date.now() + 60_000).toISOString() };
      await gateway.post('/v1/jobs', request, key);
      expect(await body(await gateway.post('/v1/jobs', request, key))).to.include({ status: 'SCHEDULED' });
    });

    it('a request whose deadline has passed since, repeated: the same 202; another request with it, or without the key: 422', async () => {
      const request = { ...REPORT, deadline_at: new Date(Date.now() + 300).toISOString() };
      const first = await gateway.post('/v1/jobs', request, key);
      await gateway.until(async () => (await gateway.post('/v1/jobs', request)).status === 422);
      const again = await gateway.post('/v1/jobs', request, key);
      expect([first.status, again.status, again.headers.get('idempotent-replayed')]).to.deep.equal([202, 202, 'true']);
      expect((await body(again))['job_id']).to.equal((await body(first))['job_id']);
      expect((await gateway.post('/v1/jobs', { ...request, tags: ['x'] }, key)).status).to.equal(422);
    });

    it('a request whose upload was removed since, repeated: the same 202; without the key: 422', async () => {
      const upload_id = await gateway.uploadAs('default');
      const request = { type: 'report', input: { upload_id } };
      const first = await body(await gateway.post('/v1/jobs', request, key));
      gateway.mishaps.forgottenUploads.add(upload_id);
      const again = await gateway.post('/v1/jobs', request, key);
      expect([again.status, (await body(again))['job_id']]).to.deep.equal([202, first['job_id']]);
      expect((await gateway.post('/v1/jobs', request)).status).to.equal(422);
    });

    it('a key that is not valid: 400', async () => {
      const answer = await gateway.post('/v1/jobs', REPORT, { 'idempotency-key': 'a b' });
      expect(answer.status).to.equal(400);
      expect(await body(answer)).to.include({ code: 'invalid_idempotency_key' });
    });
  });

  describe('showing', () => {
    for (const path of ['/jobs/', '/v1/jobs/']) {
      it(`GET ${path}{id}/status: exactly job_id, status and progress, and when to look again`, async () => {
        const id = await gateway.submit();
        const answer = await gateway.get(`${path}${id}/status`);
        expect(answer.headers.get('retry-after')).to.equal('1');
        expect(await body(answer)).to.deep.equal({ job_id: id, status: 'QUEUED', progress: 0 });
      });
    }

    it('a job through its stages: statuses and progress of the table', async () => {
      const id = await gateway.submit();
      const seen = async () => {
        const { status, progress } = jobStatus.parse(await (await gateway.get(`/jobs/${id}/status`)).json());
        return [status, progress];
      };
      await gateway.claim(id);
      expect(await seen()).to.deep.equal(['PROCESS_1_RUNNING', 30]);
      await gateway.commit(id);
      expect(await seen()).to.deep.equal(['PROCESS_1_DONE', 50]);
      await gateway.claim(id);
      expect(await seen()).to.deep.equal(['PROCESS_2_RUNNING', 70]);
      await gateway.commit(id);
      expect(await seen()).to.deep.equal(['COMPLETED', 100]);
      expect((await gateway.get(`/jobs/${id}/status`)).headers.get('retry-after')).to.equal(null);
    });

    it('a failed job: error as a sentence, a problem object, and whether a retry can help', async () => {
      const id = await gateway.submit();
      await gateway.claim(id);
      await gateway.die(id, { code: 'stage_timeout', message: 'Process 1 timed out', errorClass: 'timeout', detail: { timeout_ms: 5 } });
      const status = jobStatus.parse(await (await gateway.get(`/jobs/${id}/status`)).json());
      expect(status).to.deep.include({
        status: 'FAILED',
        error: 'Process 1 timed out',
        retry_available: true,
        error_detail: {
          type: '/errors/stage_timeout',
          title: 'The stage timed out',
          detail: 'Process 1 timed out',
          code: 'stage_timeout',
          error_class: 'timeout',
          timeout_ms: 5,
        },
      });
    });

    it('GET /v1/jobs/{id}: the whole resource, with an entity tag that gives 304', async () => {
      const id = await gateway.submit();
      const answer = await gateway.get(`/v1/jobs/${id}`);
      const job = jobResource.parse(await answer.json());
      expect(job).to.include({ job_id: id, type: 'report', lane: 'standard', done: false, stage: 'p1', run: 0 });
      const etag = answer.headers.get('etag')!;
      expect((await gateway.get(`/jobs/${id}`, { 'if-none-match': etag })).status).to.equal(304);
      await gateway.claim(id);
      expect((await gateway.get(`/jobs/${id}`, { 'if-none-match': etag })).status).to.equal(200);
    });

    it('HEAD: the headers of GET without a body', async () => {
      const id = await gateway.submit();
      const answer = await fetch(gateway.url(`/v1/jobs/${id}`), { method: 'HEAD' });
      expect(answer.status).to.equal(200);
      expect(Number(answer.headers.get('content-length'))).to.be.above(100);
      expect(await answer.text()).to.equal('');
    });

    it("another tenant's job: 404", async () => {
      const id = await gateway.submitAs('someone-else');
      for (const path of ['', '/status', '/timeline', '/outputs', '/outputs/x'])
        expect((await gateway.get(`/v1/jobs/${id}${path}`)).status).to.equal(404);
      for (const path of ['/cancel', '/retry']) expect((await gateway.post(`/v1/jobs/${id}${path}`)).status).to.equal(404);
      expect(await body(await gateway.get('/v1/jobs'))).to.deep.equal({ jobs: [] });
    });

    it('a job of a type that this gateway does not know: is shown all the same', async () => {
      const id = await gateway.submitAs('default', 'retired-type');
      expect(jobResource.parse(await (await gateway.get(`/v1/jobs/${id}`)).json())).to.include({ type: 'retired-type', status: 'QUEUED' });
      expect((await gateway.get('/v1/jobs')).status).to.equal(200);
    });

    it('the timeline: what happened, oldest first', async () => {
      const id = await gateway.submit();
      await gateway.claim(id);
      await gateway.commit(id);
      await gateway.post(`/jobs/${id}/cancel`);
      const { events } = timeline.parse(await (await gateway.get(`/v1/jobs/${id}/timeline`)).json());
      expect(events.map((event) => event.event)).to.deep.equal(['created', 'started', 'committed', 'canceled']);
      expect(events[2]).to.include({ stage: 'p1' });
    });
  });

  describe('listing', () => {
    it('pages: newest first, each job once, the Link leads on with the same filters', async () => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.unshift(await gateway.submit());
      const seen: string[] = [];
      for (let path: string | undefined = '/v1/jobs?limit=2&type=report'; path; ) {
        const answer = await gateway.get(path);
        const page = jobList.parse(await answer.json());
        seen.push(...page.jobs.map((job) => job.job_id));
        const link = answer.headers.get('link');
        expect(link === null).to.equal(page.next_page_token === undefined);
        if (link)
          expect(link)
            .to.match(/; rel="next"$/)
            .and.to.contain('type=report');
        path = link?.slice(1, link.indexOf('>'));
      }
      expect(seen).to.deep.equal(ids);
    });

    it('filters: only jobs of that state and type', async () => {
      const canceled = await gateway.submit();
      await gateway.submit();
      await gateway.post(`/jobs/${canceled}/cancel`);
      const ids = async (query: string) =>
        jobList.parse(await (await gateway.get(`/v1/jobs?${query}`)).json()).jobs.map((job) => job.job_id);
      expect(await ids('state=CANCELED')).to.deep.equal([canceled]);
      expect(await ids('type=other')).to.deep.equal([]);
    });
  });

  describe('canceling', () => {
    for (const path of ['/jobs/', '/v1/jobs/']) {
      it(`POST ${path}{id}/cancel: 202 CANCELED, and again the same`, async () => {
        const id = await gateway.submit();
        for (let round = 0; round < 2; round += 1) {
          const answer = await gateway.post(`${path}${id}/cancel`);
          expect(answer.status).to.equal(202);
          expect(acceptedJob.parse(await answer.json())).to.include({ job_id: id, status: 'CANCELED' });
        }
        expect(await body(await gateway.get(`/jobs/${id}/status`))).to.include({ status: 'CANCELED' });
      });
    }

    it('a job that has ended otherwise: 409', async () => {
      const id = await gateway.completed();
      const answer = await gateway.post(`/jobs/${id}/cancel`);
      expect(answer.status).to.equal(409);
      expect(await body(answer)).to.include({ code: 'job_conflict' });
    });

    it('a job that there is not: 404', async () => {
      expect((await gateway.post('/jobs/0198c2a0-0000-7000-8000-000000000000/cancel')).status).to.equal(404);
    });
  });

  describe('retrying', () => {
    const timeout = { code: 'stage_timeout', message: 'Process 2 timed out', errorClass: 'timeout' } as const;

    async function failedInP2(): Promise<string> {
      const id = await gateway.submit();
      await gateway.claim(id);
      await gateway.commit(id);
      await gateway.claim(id);
      await gateway.die(id, timeout);
      return id;
    }

    it('a job that failed in p2: 202, queued again at p2 with a doorbell of the new generation', async () => {
      const id = await failedInP2();
      const { gen } = await gateway.recordOf(id);
      gateway.bus.published.length = 0;
      const answer = await gateway.post(`/jobs/${id}/retry`);
      expect(answer.status).to.equal(202);
      expect(acceptedJob.parse(await answer.json())).to.include({ job_id: id, status: 'PROCESS_1_DONE' });
      expect(gateway.bells()).to.deep.equal([{ id, gen: gen + 1 }]);
      expect(await body(await gateway.get(`/v1/jobs/${id}`))).to.include({ run: 1, stage: 'p2', progress: 50 });
    });

    it('from the beginning: queued at p1', async () => {
      const id = await failedInP2();
      const answer = await gateway.post(`/v1/jobs/${id}/retry`, { from: 'beginning' });
      expect(acceptedJob.parse(await answer.json())).to.include({ status: 'QUEUED' });
      expect(await body(await gateway.get(`/v1/jobs/${id}`))).to.include({ stage: 'p1', progress: 0 });
    });

    it('a canceled job: 202', async () => {
      const id = await gateway.submit();
      await gateway.post(`/jobs/${id}/cancel`);
      expect((await gateway.post(`/jobs/${id}/retry`)).status).to.equal(202);
    });

    it('a job that is active, or completed: 409', async () => {
      expect((await gateway.post(`/jobs/${await gateway.submit()}/retry`)).status).to.equal(409);
      const answer = await gateway.post(`/jobs/${await gateway.completed()}/retry`);
      expect(answer.status).to.equal(409);
      expect(await body(answer)).to.include({ code: 'job_conflict' });
    });

    it('a job whose input was at fault: 409 with the reason', async () => {
      const id = await gateway.submit();
      await gateway.claim(id);
      await gateway.die(id, { code: 'unknown_column', message: 'There is no column "x".', errorClass: 'reject' });
      const answer = await gateway.post(`/jobs/${id}/retry`);
      expect(answer.status).to.equal(409);
      const problem = await body(answer);
      expect(problem).to.include({ code: 'retry_not_available' });
      expect(problem['detail']).to.contain('There is no column "x".');
    });

    it('a body that is not valid: 422, and the job stays as it was', async () => {
      const id = await failedInP2();
      expect((await gateway.post(`/jobs/${id}/retry`, { from: 'p1' })).status).to.equal(422);
      expect(await body(await gateway.get(`/jobs/${id}/status`))).to.include({ status: 'FAILED' });
    });

    it('two retries at once: one is accepted, the other 409, and one run is added', async () => {
      const id = await failedInP2();
      const answers = await Promise.all([gateway.post(`/jobs/${id}/retry`), gateway.post(`/jobs/${id}/retry`)]);
      expect(answers.map((answer) => answer.status).sort()).to.deep.equal([202, 409]);
      expect((await gateway.recordOf(id)).run).to.equal(1);
    });
  });

  describe('with the database away', () => {
    const paths = (id: string) => [
      `/jobs/${id}/status`,
      `/v1/jobs/${id}`,
      '/v1/jobs',
      `/v1/jobs/${id}/outputs`,
      '/v1/uploads/nothing-here',
    ];

    it('every request: 503 with Retry-After at once, and service again once it is back', async () => {
      const id = await gateway.submit();
      gateway.mishaps.isAway = true;
      for (const request of [() => gateway.post('/v1/jobs', REPORT), ...paths(id).map((path) => () => gateway.get(path))]) {
        const startedAtMs = performance.now();
        const answer = await request();
        expect(answer.status).to.equal(503);
        expect(Number(answer.headers.get('retry-after'))).to.be.at.least(1);
        expect(await body(answer)).to.include({ code: 'store_unavailable' });
        expect(performance.now() - startedAtMs).to.be.below(1_000);
      }
      gateway.mishaps.isAway = false;
      await gateway.until(async () => (await gateway.get(`/jobs/${id}/status`)).status === 200);
    });

    it('a database that accepts and does not answer: 503 after the limit, then at once', async () => {
      gateway.mishaps.isHanging = true;
      const answer = await gateway.post('/v1/jobs', REPORT);
      expect(answer.status).to.equal(503);
      const startedAtMs = performance.now();
      expect((await gateway.get('/v1/jobs')).status).to.equal(503);
      expect(performance.now() - startedAtMs).to.be.below(200);
    });
  });
});
