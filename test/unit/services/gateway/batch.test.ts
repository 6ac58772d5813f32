import { expect } from 'chai';
import { batchAnswer } from '../../../../shared/schema/job-responses.ts';
import { BatchClient, chunk, codes, expectProblem, lines, REPORT, resultsOf, statuses } from './batch-client.ts';

describe('POST /v1/jobs:batch', () => {
  let client: BatchClient;
  beforeEach(async () => {
    client = await new BatchClient().start();
  });
  afterEach(() => client.stop());

  describe('as NDJSON', () => {
    it('some jobs: an answer a line in their order, one insert, each job stored and rung once, in lane bulk unless told otherwise', async () => {
      const answers = await client.results(lines({ ...REPORT, max_attempts: 3 }, REPORT, { ...REPORT, lane: 'express' }));
      expect(answers.map(({ index, status }) => [index, status])).to.deep.equal([
        [0, 202],
        [1, 202],
        [2, 202],
      ]);
      const ids = answers.map(({ job_id }) => job_id!);
      const records = await Promise.all(ids.map((id) => client.gateway.recordOf(id)));
      expect(records.map(({ lane, maxAttempts }) => [lane, maxAttempts])).to.deep.equal([
        ['bulk', 3],
        ['bulk', undefined],
        ['express', undefined],
      ]);
      expect(client.gateway.bells()).to.have.deep.members(ids.map((id) => ({ id, gen: 1 })));
      expect(await client.gateway.jobCount()).to.equal(3);
      expect((await client.gateway.get(`/v1/jobs/${ids[1]}/status`)).status).to.equal(200);
    });

    it('blank lines, CRLF and no newline at the end: are fine', async () => {
      const job = JSON.stringify(REPORT);
      const answers = await client.results(`\n${job}\r\n\r\n  \n${job}`);
      expect(answers.map(({ index, status }) => [index, status])).to.deep.equal([
        [0, 202],
        [1, 202],
      ]);
    });

    it('lines that are wrong: have their own problem, and the others are accepted', async () => {
      const answers = await client.results(
        lines(
          REPORT,
          '{"type":"report",}',
          { ...REPORT, colour: 'red' },
          { ...REPORT, type: 'video' },
          '[1]',
          '{"type":"report","input":{"__proto__":1}}',
          { type: 'report', input: { upload_id: 'nothing-of-the-kind' } },
          { ...REPORT, run_at: '2036-11-24T10:00:00Z' },
          { ...REPORT, idempotency_key: 'ä' },
          REPORT,
        ),
      );
      expect(statuses(answers)).to.deep.equal([202, 400, 422, 422, 422, 400, 422, 422, 422, 202]);
      expect(codes(answers)).to.deep.equal([
        undefined,
        'malformed_json',
        'invalid_request',
        'invalid_request',
        'invalid_request',
        'forbidden_json',
        'unknown_upload',
        'invalid_request',
        'invalid_request',
        undefined,
      ]);
      expect(answers[1]!.error).to.include({ line: 2, column: 18, offset: 17 });
      expect(answers[1]!.error!.detail).to.contain('Line 2 is not JSON');
      expect(answers[2]!.error!.errors).to.deep.equal([{ pointer: '/colour', detail: 'is not a known field' }]);
      expect(answers[4]!.error!.detail).to.contain('The job ');
      expect(await client.gateway.jobCount()).to.equal(2);
    });

    it('bytes that are not UTF-8: 400 for their line', async () => {
      const body = Buffer.concat([Buffer.from(lines(REPORT)), Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from(lines(REPORT))]);
      const answer = await fetch(client.gateway.url('/v1/jobs:batch'), {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/x-ndjson' },
      });
      const answers = resultsOf(await answer.text());
      expect(codes(answers)).to.deep.equal([undefined, 'malformed_json', undefined]);
      expect(answers[1]!.error).to.include({ line: 2 });
    });

    it('a line over the limit: 413 for it with the limit, and the next lines are accepted', async () => {
      const long = { type: 'report', input: { rows: [{ text: 'x'.repeat(30_000) }] } };
      const answers = await client.results(lines(REPORT, long, REPORT));
      expect(statuses(answers)).to.deep.equal([202, 413, 202]);
      expect(answers[1]!.error).to.include({ code: 'body_too_large', max_bytes: 20_000, line: 2 });
    });

    it('1,300 lines, some wrong: every answer is in its place', async () => {
      await client.restart({ maxWaitingJobs: 10_000 });
      const isWrong = (index: number) => index % 7 === 3;
      const jobs = Array.from({ length: 1_300 }, (_, index) => (isWrong(index) ? { ...REPORT, input: {} } : REPORT));
      const answers = await client.results(lines(...jobs));
      expect(answers.map(({ index }) => index)).to.deep.equal(jobs.map((_, index) => index));
      expect(statuses(answers)).to.deep.equal(jobs.map((_, index) => (isWrong(index) ? 422 : 202)));
      const ids = new Set(answers.flatMap(({ job_id }) => job_id ?? []));
      expect(ids.size).to.equal(jobs.filter((_, index) => !isWrong(index)).length);
      await client.gateway.until(async () => client.gateway.bells().length === ids.size);
      expect(new Set(client.gateway.bells().map(({ id }) => id))).to.deep.equal(ids);
    });

    it('a client that waits for each answer before it sends the next line: is answered at once', async () => {
      const connection = client.open();
      for (let index = 0; index < 5; index += 1) {
        connection.send(...chunk(lines(REPORT)));
        await connection.until(() => connection.text.includes(`{"index":${index},"status":202`));
      }
      connection.send('0', '', '');
      await connection.until(() => connection.text.endsWith('\r\n0\r\n\r\n'));
      expect(await client.gateway.jobCount()).to.equal(5);
    });

    it('Expect: 100-continue: is told to go on, or refused before the body', async () => {
      const expecting = (type: string) => {
        return client.open([`Content-Type: ${type}`, 'Expect: 100-continue', 'Content-Length: 9']);
      };
      const refused = expecting('text/csv');
      expect((await refused.answer()).status).to.equal(415);
      const asked = expecting('application/x-ndjson');
      await asked.until(() => asked.text.includes('100 Continue'));
      asked.send('{"a": 1}\n');
      await asked.until(() => asked.text.includes('"index":0,"status":422'));
    });

    it('no job at all: 422', async () => {
      await expectProblem(await client.send(''), 422, 'invalid_request');
      await expectProblem(await client.send('\n \r\n'), 422, 'invalid_request');
    });

    it('more jobs than one request may have: those up to the limit are accepted, the next is refused, the answer ends', async () => {
      await client.restart({ limits: { maxBatchJobs: 3 } });
      const answers = await client.results(lines(REPORT, REPORT, REPORT, REPORT, REPORT));
      expect(statuses(answers)).to.deep.equal([202, 202, 202, 413]);
      expect(answers[3]!.error).to.include({ code: 'too_many_jobs', max_jobs: 3 });
      expect(statuses(await client.results(lines(REPORT, REPORT, REPORT)))).to.deep.equal([202, 202, 202]);
    });
  });

  describe('as JSON', () => {
    it('a list of jobs: what became of each, in order, with counts', async () => {
      const answer = await client.gateway.post('/v1/jobs:batch', {
        jobs: [REPORT, { type: 'report' }, { ...REPORT, lane: 'standard' }, 7],
      });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('content-type')).to.contain('application/json');
      const { accepted, refused, results } = batchAnswer.parse(await answer.json());
      expect([accepted, refused, statuses(results)]).to.deep.equal([2, 2, [202, 422, 202, 422]]);
      expect(results[1]!.error!.errors).to.deep.equal([{ pointer: '/input', detail: 'is required' }]);
      expect((await client.gateway.recordOf(results[0]!.job_id!)).lane).to.equal('bulk');
      expect((await client.gateway.recordOf(results[2]!.job_id!)).lane).to.equal('standard');
    });

    for (const [situation, body, code, status] of [
      ['a bare list', [REPORT], 'invalid_request', 422],
      ['an empty list', { jobs: [] }, 'invalid_request', 422],
      ['another field', { jobs: [REPORT], lane: 'bulk' }, 'invalid_request', 422],
      ['a single job', REPORT, 'invalid_request', 422],
      ['a cut body', '{"jobs":[', 'malformed_json', 400],
      ['a body over the limit', { jobs: [{ type: 'report', input: { rows: [{ text: 'x'.repeat(30_000) }] } }] }, 'body_too_large', 413],
    ] as const) {
      it(`${situation}: ${status} ${code}, and no job`, async () => {
        await expectProblem(await client.gateway.post('/v1/jobs:batch', body), status, code);
        expect(await client.gateway.jobCount()).to.equal(0);
      });
    }
  });

  describe('its headers', () => {
    it('an Idempotency-Key: 400 that names the field to use', async () => {
      const body = await expectProblem(await client.send(lines(REPORT), { 'idempotency-key': '"k"' }), 400, 'invalid_idempotency_key');
      expect(body['detail']).to.contain('idempotency_key');
    });

    it('another media type or a compressed body: 415', async () => {
      const answer = await client.send(lines(REPORT), { 'content-type': 'text/plain' });
      expect(answer.headers.get('accept-post')).to.equal('application/json, application/x-ndjson');
      await expectProblem(answer, 415, 'unsupported_media_type');
      await expectProblem(await client.send(lines(REPORT), { 'content-encoding': 'gzip' }), 415, 'unsupported_media_type');
    });

    it('Accept that leaves no room: 406', async () => {
      await expectProblem(await client.send(lines(REPORT), { accept: 'application/json' }), 406, 'not_acceptable');
      expect((await client.send(lines(REPORT), { accept: 'application/x-ndjson' })).status).to.equal(200);
    });

    it('GET: 405 with Allow', async () => {
      const answer = await client.gateway.get('/v1/jobs:batch');
      expect([answer.status, answer.headers.get('allow')]).to.deep.equal([405, 'POST, OPTIONS']);
    });
  });

  describe('idempotency keys of its jobs', () => {
    it('the same batch again: the same jobs, marked as replayed, and nothing new', async () => {
      const body = lines(...['a', 'b', 'c'].map((idempotency_key) => ({ ...REPORT, idempotency_key })));
      const first = await client.results(body);
      const again = await client.results(body);
      expect(again.map(({ job_id }) => job_id)).to.deep.equal(first.map(({ job_id }) => job_id));
      expect(again.map(({ replayed }) => replayed)).to.deep.equal([true, true, true]);
      expect(first.map(({ replayed }) => replayed)).to.deep.equal([undefined, undefined, undefined]);
      expect(await client.gateway.jobCount()).to.equal(3);
      expect(client.gateway.bells()).to.have.length(3);
    });

    it('a key twice in one batch: the first job with the same request, 422 with another', async () => {
      const keyed = { ...REPORT, idempotency_key: 'twice' };
      const answers = await client.results(lines(keyed, REPORT, keyed, { ...keyed, options: { limit: 1 } }));
      expect(statuses(answers)).to.deep.equal([202, 202, 202, 422]);
      expect(answers[2]).to.include({ job_id: answers[0]!.job_id, replayed: true });
      expect(codes(answers)[3]).to.equal('idempotency_mismatch');
    });

    it('a key twice, far apart: the first line gets it, however the flushes overtake each other', async () => {
      await client.restart({ maxWaitingJobs: 10_000, longestWaitMs: 5_000 });
      // The first flush looks for the upload before it inserts.
      const early = { type: 'report', input: { upload_id: await client.gateway.uploadAs('default') }, idempotency_key: 'far' };
      const late = { ...REPORT, idempotency_key: 'far' };
      const answers = await client.results(lines(early, ...Array.from({ length: 600 }, () => REPORT), late));
      expect([answers[0]!.status, answers.at(-1)!.status]).to.deep.equal([202, 422]);
    });

    it('the key and the same request, lane included, by POST /v1/jobs: the same job', async () => {
      const [one] = await client.results(lines({ ...REPORT, idempotency_key: 'shared' }));
      expect(await client.gateway.submit({ lane: 'bulk' }, { 'idempotency-key': '"shared"' })).to.equal(one!.job_id);
    });
  });

  it('a client that sends everything before it reads: gets every answer', async () => {
    const connection = client.open();
    connection.socket.pause();
    for (let block = 0; block < 5; block += 1) connection.send(...chunk('{}\n'.repeat(2_000)));
    connection.send('0', '', '');
    await client.gateway.until(async () => connection.socket.writableLength === 0);
    connection.socket.resume();
    await connection.until(() => connection.text.endsWith('\r\n0\r\n\r\n'));
    expect(connection.text).to.contain('{"index":9999,"status":422');
  });
});
