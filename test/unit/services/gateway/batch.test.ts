import { expect } from 'chai';
import type { z } from 'zod';
import { batchAnswer, type batchResult, batchResult as resultSchema } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

type Result = z.output<typeof batchResult>;

const REPORT = { type: 'report', input: { rows: ROWS } };
const NDJSON = { 'content-type': 'application/x-ndjson' };
const lines = (...jobs: readonly unknown[]) => jobs.map((job) => `${typeof job === 'string' ? job : JSON.stringify(job)}\n`).join('');
const HEAD = ['POST /v1/jobs:batch HTTP/1.1', 'Host: x', 'Content-Type: application/x-ndjson', 'Transfer-Encoding: chunked', '', ''];
const chunk = (text: string) => [Buffer.byteLength(text).toString(16), text, ''];

describe('POST /v1/jobs:batch', () => {
  let gateway: GatewayFixture;
  const connections: RawConnection[] = [];
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await gateway.stop();
  });

  async function restart(options: ConstructorParameters<typeof GatewayFixture>[0]): Promise<void> {
    await gateway.stop();
    gateway = await new GatewayFixture(options).start();
  }

  const send = (body: string, headers: Record<string, string> = {}) => gateway.post('/v1/jobs:batch', body, { ...NDJSON, ...headers });

  /** Sends NDJSON. @returns the lines of the answer. */
  async function results(body: string): Promise<readonly Result[]> {
    const answer = await send(body);
    const text = await answer.text();
    expect(answer.status, text).to.equal(200);
    expect(answer.headers.get('content-type')).to.equal('application/x-ndjson');
    return resultsOf(text);
  }

  function resultsOf(text: string): readonly Result[] {
    expect(text.endsWith('\n')).to.equal(true);
    return text
      .trimEnd()
      .split('\n')
      .map((line) => resultSchema.parse(JSON.parse(line)));
  }

  async function expectProblem(answer: Response, status: number, code: string): Promise<Record<string, unknown>> {
    const body = (await answer.json()) as Record<string, unknown>;
    expect(answer.headers.get('content-type')).to.equal('application/problem+json');
    expect(body).to.include({ status, code });
    expect(answer.status).to.equal(status);
    return body;
  }

  function open(): RawConnection {
    const connection = new RawConnection(gateway.api.port);
    connections.push(connection);
    return connection.send(...HEAD);
  }

  const statuses = (some: readonly Result[]) => some.map(({ status }) => status);
  const codes = (some: readonly Result[]) => some.map(({ error }) => error?.code);

  describe('as NDJSON', () => {
    it('some jobs: an answer a line in their order, one insert, each job stored and rung once, in lane bulk unless told otherwise', async () => {
      const answers = await results(lines({ ...REPORT, max_attempts: 3 }, REPORT, { ...REPORT, lane: 'express' }));
      expect(answers.map(({ index, status }) => [index, status])).to.deep.equal([
        [0, 202],
        [1, 202],
        [2, 202],
      ]);
      const ids = answers.map(({ job_id }) => job_id!);
      const records = await Promise.all(ids.map((id) => gateway.recordOf(id)));
      expect(records.map(({ lane, maxAttempts }) => [lane, maxAttempts])).to.deep.equal([
        ['bulk', 3],
        ['bulk', undefined],
        ['express', undefined],
      ]);
      expect(gateway.bells()).to.have.deep.members(ids.map((id) => ({ id, gen: 1 })));
      expect(await gateway.jobCount()).to.equal(3);
      expect((await gateway.get(`/v1/jobs/${ids[1]}/status`)).status).to.equal(200);
    });

    it('blank lines, CRLF and no newline at the end: are fine', async () => {
      const job = JSON.stringify(REPORT);
      const answers = await results(`\n${job}\r\n\r\n  \n${job}`);
      expect(answers.map(({ index, status }) => [index, status])).to.deep.equal([
        [0, 202],
        [1, 202],
      ]);
    });

    it('lines that are wrong: have their own problem, and the others are accepted', async () => {
      const answers = await results(
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
      expect(await gateway.jobCount()).to.equal(2);
    });

    it('bytes that are not UTF-8: 400 for their line', async () => {
      const body = Buffer.concat([Buffer.from(lines(REPORT)), Buffer.from([0x22, 0xff, 0x22, 0x0a]), Buffer.from(lines(REPORT))]);
      const answer = await fetch(gateway.url('/v1/jobs:batch'), { method: 'POST', body, headers: NDJSON });
      const answers = resultsOf(await answer.text());
      expect(codes(answers)).to.deep.equal([undefined, 'malformed_json', undefined]);
      expect(answers[1]!.error).to.include({ line: 2 });
    });

    it('a line over the limit: 413 for it with the limit, and the next lines are accepted', async () => {
      const long = { type: 'report', input: { rows: [{ text: 'x'.repeat(30_000) }] } };
      const answers = await results(lines(REPORT, long, REPORT));
      expect(statuses(answers)).to.deep.equal([202, 413, 202]);
      expect(answers[1]!.error).to.include({ code: 'body_too_large', max_bytes: 20_000, line: 2 });
    });

    it('1,300 lines, some wrong: every answer is in its place', async () => {
      await restart({ maxWaitingJobs: 10_000 });
      const isWrong = (index: number) => index % 7 === 3;
      const jobs = Array.from({ length: 1_300 }, (_, index) => (isWrong(index) ? { ...REPORT, input: {} } : REPORT));
      const answers = await results(lines(...jobs));
      expect(answers.map(({ index }) => index)).to.deep.equal(jobs.map((_, index) => index));
      expect(statuses(answers)).to.deep.equal(jobs.map((_, index) => (isWrong(index) ? 422 : 202)));
      const ids = new Set(answers.flatMap(({ job_id }) => job_id ?? []));
      expect(ids.size).to.equal(jobs.filter((_, index) => !isWrong(index)).length);
      await gateway.until(async () => gateway.bells().length === ids.size);
      expect(new Set(gateway.bells().map(({ id }) => id))).to.deep.equal(ids);
    });

    it('a client that waits for each answer before it sends the next line: is answered at once', async () => {
      const connection = open();
      for (let index = 0; index < 5; index += 1) {
        connection.send(...chunk(lines(REPORT)));
        await connection.until(() => connection.text.includes(`{"index":${index},"status":202`));
      }
      connection.send('0', '', '');
      await connection.until(() => connection.text.endsWith('\r\n0\r\n\r\n'));
      expect(await gateway.jobCount()).to.equal(5);
    });

    it('Expect: 100-continue: is told to go on, or refused before the body', async () => {
      const expecting = (type: string) => {
        const connection = new RawConnection(gateway.api.port);
        connections.push(connection);
        return connection.send(
          'POST /v1/jobs:batch HTTP/1.1',
          'Host: x',
          `Content-Type: ${type}`,
          'Expect: 100-continue',
          'Content-Length: 9',
          '',
          '',
        );
      };
      const refused = expecting('text/csv');
      expect((await refused.answer()).status).to.equal(415);
      const asked = expecting('application/x-ndjson');
      await asked.until(() => asked.text.includes('100 Continue'));
      asked.send('{"a": 1}\n');
      await asked.until(() => asked.text.includes('"index":0,"status":422'));
    });

    it('no job at all: 422', async () => {
      await expectProblem(await send(''), 422, 'invalid_request');
      await expectProblem(await send('\n \r\n'), 422, 'invalid_request');
    });

    it('more jobs than one request may have: those up to the limit are accepted, the next is refused, the answer ends', async () => {
      await restart({ limits: { maxBatchJobs: 3 } });
      const answers = await results(lines(REPORT, REPORT, REPORT, REPORT, REPORT));
      expect(statuses(answers)).to.deep.equal([202, 202, 202, 413]);
      expect(answers[3]!.error).to.include({ code: 'too_many_jobs', max_jobs: 3 });
      expect(statuses(await results(lines(REPORT, REPORT, REPORT)))).to.deep.equal([202, 202, 202]);
    });
  });

  describe('as JSON', () => {
    it('a list of jobs: what became of each, in order, with counts', async () => {
      const answer = await gateway.post('/v1/jobs:batch', { jobs: [REPORT, { type: 'report' }, { ...REPORT, lane: 'standard' }, 7] });
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('content-type')).to.contain('application/json');
      const { accepted, refused, results } = batchAnswer.parse(await answer.json());
      expect([accepted, refused, statuses(results)]).to.deep.equal([2, 2, [202, 422, 202, 422]]);
      expect(results[1]!.error!.errors).to.deep.equal([{ pointer: '/input', detail: 'is required' }]);
      expect((await gateway.recordOf(results[0]!.job_id!)).lane).to.equal('bulk');
      expect((await gateway.recordOf(results[2]!.job_id!)).lane).to.equal('standard');
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
        await expectProblem(await gateway.post('/v1/jobs:batch', body), status, code);
        expect(await gateway.jobCount()).to.equal(0);
      });
    }
  });

  describe('its headers', () => {
    it('an Idempotency-Key: 400 that names the field to use', async () => {
      const body = await expectProblem(await send(lines(REPORT), { 'idempotency-key': '"k"' }), 400, 'invalid_idempotency_key');
      expect(body['detail']).to.contain('idempotency_key');
    });

    it('another media type or a compressed body: 415', async () => {
      const answer = await send(lines(REPORT), { 'content-type': 'text/plain' });
      expect(answer.headers.get('accept-post')).to.equal('application/json, application/x-ndjson');
      await expectProblem(answer, 415, 'unsupported_media_type');
      await expectProblem(await send(lines(REPORT), { 'content-encoding': 'gzip' }), 415, 'unsupported_media_type');
    });

    it('Accept that leaves no room: 406', async () => {
      await expectProblem(await send(lines(REPORT), { accept: 'application/json' }), 406, 'not_acceptable');
      expect((await send(lines(REPORT), { accept: 'application/x-ndjson' })).status).to.equal(200);
    });

    it('GET: 405 with Allow', async () => {
      const answer = await gateway.get('/v1/jobs:batch');
      expect([answer.status, answer.headers.get('allow')]).to.deep.equal([405, 'POST, OPTIONS']);
    });
  });

  describe('idempotency keys of its jobs', () => {
    it('the same batch again: the same jobs, marked as replayed, and nothing new', async () => {
      const body = lines(...['a', 'b', 'c'].map((idempotency_key) => ({ ...REPORT, idempotency_key })));
      const first = await results(body);
      const again = await results(body);
      expect(again.map(({ job_id }) => job_id)).to.deep.equal(first.map(({ job_id }) => job_id));
      expect(again.map(({ replayed }) => replayed)).to.deep.equal([true, true, true]);
      expect(first.map(({ replayed }) => replayed)).to.deep.equal([undefined, undefined, undefined]);
      expect(await gateway.jobCount()).to.equal(3);
      expect(gateway.bells()).to.have.length(3);
    });

    it('a key twice in one batch: the first job with the same request, 422 with another', async () => {
      const keyed = { ...REPORT, idempotency_key: 'twice' };
      const answers = await results(lines(keyed, REPORT, keyed, { ...keyed, options: { limit: 1 } }));
      expect(statuses(answers)).to.deep.equal([202, 202, 202, 422]);
      expect(answers[2]).to.include({ job_id: answers[0]!.job_id, replayed: true });
      expect(codes(answers)[3]).to.equal('idempotency_mismatch');
    });

    it('a key twice, far apart: the first line gets it, however the flushes overtake each other', async () => {
      await restart({ maxWaitingJobs: 10_000, longestWaitMs: 5_000 });
      // The first flush looks for the upload before it inserts.
      const early = { type: 'report', input: { upload_id: await gateway.uploadAs('default') }, idempotency_key: 'far' };
      const late = { ...REPORT, idempotency_key: 'far' };
      const answers = await results(lines(early, ...Array.from({ length: 600 }, () => REPORT), late));
      expect([answers[0]!.status, answers.at(-1)!.status]).to.deep.equal([202, 422]);
    });

    it('the key and the same request, lane included, by POST /v1/jobs: the same job', async () => {
      const [one] = await results(lines({ ...REPORT, idempotency_key: 'shared' }));
      expect(await gateway.submit({ lane: 'bulk' }, { 'idempotency-key': '"shared"' })).to.equal(one!.job_id);
    });
  });

  describe('when not everything can be taken', () => {
    it('a backlog with room for some: these are accepted, the others 503 with the time to wait', async () => {
      await restart({ maxWaitingJobs: 2 });
      const answers = await results(lines(REPORT, { type: 'report' }, REPORT, REPORT, REPORT));
      expect(statuses(answers)).to.deep.equal([202, 422, 202, 503, 503]);
      expect(codes(answers).slice(3)).to.deep.equal(['overloaded', 'overloaded']);
      expect(answers[4]!.retry_after).to.be.within(1, 300);
    });

    for (const [form, request] of [
      ['NDJSON', () => send(lines(REPORT, REPORT))],
      ['JSON', () => gateway.post('/v1/jobs:batch', { jobs: [REPORT, REPORT] })],
    ] as const) {
      it(`${form} and a backlog that is full: 503 with Retry-After for the whole`, async () => {
        await restart({ maxWaitingJobs: 1 });
        await gateway.submit();
        const answer = await request();
        expect(Number(answer.headers.get('retry-after'))).to.be.within(1, 300);
        await expectProblem(answer, 503, 'overloaded');
      });

      it(`${form} with the database away: 503 with Retry-After for the whole, and service again once it is back`, async () => {
        gateway.mishaps.isAway = true;
        const answer = await request();
        expect(Number(answer.headers.get('retry-after'))).to.be.at.least(1);
        await expectProblem(answer, 503, 'store_unavailable');
        gateway.mishaps.isAway = false;
        await gateway.until(async () => (await request()).status === 200);
      });
    }

    it('a client that still sends when the whole is refused: gets the answer, before it has ended', async () => {
      gateway.mishaps.isAway = true;
      const connection = open().send(...chunk(lines(REPORT)));
      const { status, body } = await connection.answer();
      expect([status, JSON.parse(body).code]).to.deep.equal([503, 'store_unavailable']);
    });

    it('the database goes away in the middle: 503 for what comes then, 202 again once it is back', async () => {
      const connection = open();
      let sent = 0;
      const next = async () => {
        connection.send(...chunk(lines(REPORT)));
        const mark = `{"index":${sent},"status":`;
        sent += 1;
        await connection.until(() => connection.text.includes(mark));
        return Number(connection.text.slice(connection.text.indexOf(mark) + mark.length).slice(0, 3));
      };
      expect(await next()).to.equal(202);
      gateway.mishaps.isAway = true;
      expect(await next()).to.equal(503);
      expect(connection.text).to.contain('may be stored or not');
      gateway.mishaps.isAway = false;
      await gateway.until(async () => (await next()) === 202);
    });

    it('an error that nobody foresaw: 500 for each job without its message, logged once', async () => {
      gateway.mishaps.surprise = new Error('secret');
      const answer = await send(lines(REPORT, REPORT));
      gateway.mishaps.surprise = undefined;
      const text = await answer.text();
      expect(statuses(resultsOf(text))).to.deep.equal([500, 500]);
      expect(text).not.to.contain('secret');
      expect(gateway.log.filter(({ level }) => level === 'error').map(({ message }) => message)).to.deep.equal([
        'submitting a job of a batch failed',
      ]);
    });

    it('more batches at once than are received: 503, and room again when one has ended', async () => {
      const held = Array.from({ length: 16 }, () => open());
      for (const connection of held) connection.send(...chunk(lines(REPORT)));
      for (const connection of held) await connection.until(() => connection.text.includes('"status":202'));
      await expectProblem(await send(lines(REPORT)), 503, 'overloaded');
      held[0]!.close();
      await gateway.until(async () => (await send(lines(REPORT))).status === 200);
    });

    it('the client goes away in the middle: what was answered is accepted, the rest is not, and nothing is logged as a fault', async () => {
      const connection = open().send(...chunk(lines(REPORT, REPORT)));
      await connection.until(() => connection.text.includes('"index":1,"status":202'));
      connection.send('ffff', '{"type":');
      connection.close();
      await gateway.until(async () => gateway.api.inFlight === 0);
      expect(await gateway.jobCount()).to.equal(2);
      expect(gateway.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
      expect(statuses(await results(lines(REPORT)))).to.deep.equal([202]);
    });

    it('the client goes away while the database is slow: nothing crashes, and the flush under way is stored', async () => {
      gateway.mishaps.isHanging = true;
      const connection = open().send(...chunk(lines(REPORT)));
      await gateway.until(async () => gateway.mishaps.hanging > 0);
      connection.close();
      await gateway.until(async () => gateway.api.inFlight === 0);
      gateway.mishaps.goOn();
      await gateway.until(async () => (await gateway.jobCount()) === 1);
      expect(gateway.log.filter(({ level }) => level === 'error')).to.deep.equal([]);
    });
  });

  it('a client that sends everything before it reads: gets every answer', async () => {
    const connection = open();
    connection.socket.pause();
    for (let block = 0; block < 5; block += 1) connection.send(...chunk('{}\n'.repeat(2_000)));
    connection.send('0', '', '');
    await gateway.until(async () => connection.socket.writableLength === 0);
    connection.socket.resume();
    await connection.until(() => connection.text.endsWith('\r\n0\r\n\r\n'));
    expect(connection.text).to.contain('{"index":9999,"status":422');
  });
});
