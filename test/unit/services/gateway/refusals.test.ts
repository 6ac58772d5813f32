import { once } from 'node:events';
import { expect } from 'chai';
import { problem as problemSchema } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

/** Checks that an answer is a problem document of this status and code. */
async function expectProblem(answer: Response, status: number, code: string): Promise<Record<string, unknown>> {
  const text = await answer.text();
  expect(answer.status, text).to.equal(status);
  expect(answer.headers.get('content-type')).to.equal('application/problem+json');
  const body = problemSchema.parse(JSON.parse(text));
  expect(body).to.include({ status, code, type: `/errors/${code}` });
  expect(body.trace_id).to.match(/^[0-9a-f]{32}$/);
  expect(text).not.to.match(/node_modules|\.ts:\d|at \w+ \(/);
  return body;
}

describe('the gateway, given a request that it must refuse', () => {
  let gateway: GatewayFixture;
  before(async () => {
    gateway = await new GatewayFixture().start();
  });
  after(() => gateway.stop());

  const connections: RawConnection[] = [];
  const raw = () => {
    const connection = new RawConnection(gateway.api.port);
    connections.push(connection);
    return connection;
  };
  afterEach(() => {
    for (const connection of connections.splice(0)) connection.close();
  });

  const valid = { input: { rows: ROWS } };

  for (const [situation, body, code, status] of [
    ['an empty body', '', 'malformed_json', 400],
    ['a cut body', '{"input":', 'malformed_json', 400],
    ['text', 'hello', 'malformed_json', 400],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, 'forbidden_json', 400],
    ['a key __proto__', '{"input":{"rows":[{"__proto__":{"admin":true}}]}}', 'forbidden_json', 400],
    ['a key constructor', '{"constructor":{}}', 'forbidden_json', 400],
    ['a list', '[]', 'invalid_request', 422],
    ['null', 'null', 'invalid_request', 422],
    ['no input', '{}', 'invalid_request', 422],
    ['an unknown field', JSON.stringify({ ...valid, tenant: 'other' }), 'invalid_request', 422],
    [
      'state, epoch and maxAttempts by mass assignment',
      JSON.stringify({ ...valid, state: 'COMPLETED', epoch: 9, maxAttempts: 9 }),
      'invalid_request',
      422,
    ],
    ['an unknown lane', JSON.stringify({ ...valid, lane: 'fast' }), 'invalid_request', 422],
    ['max_attempts 26', JSON.stringify({ ...valid, max_attempts: 26 }), 'invalid_request', 422],
    ['max_attempts "3"', JSON.stringify({ ...valid, max_attempts: '3' }), 'invalid_request', 422],
    ['run_at without a zone', JSON.stringify({ ...valid, run_at: '2026-11-24T10:00:00' }), 'invalid_request', 422],
    ['run_at in 10 years', JSON.stringify({ ...valid, run_at: '2036-11-24T10:00:00Z' }), 'invalid_request', 422],
    ['a deadline in the past', JSON.stringify({ ...valid, deadline_at: '2020-01-01T00:00:00Z' }), 'invalid_request', 422],
    ['an upload that there is not', JSON.stringify({ input: { upload_id: 'nothing-of-the-kind' } }), 'unknown_upload', 422],
    ['another type', JSON.stringify({ ...valid, type: 'video' }), 'invalid_request', 422],
  ] as const) {
    it(`POST /generate-file with ${situation}: ${status} ${code}, and no job`, async () => {
      const before = await gateway.jobCount();
      await expectProblem(await gateway.post('/generate-file', body), status, code);
      expect(await gateway.jobCount()).to.equal(before);
    });
  }

  it('malformed JSON: names line, column and offset', async () => {
    const body = await expectProblem(await gateway.post('/v1/jobs', '{"type":"report",\n"input":}'), 400, 'malformed_json');
    expect(body).to.include({ line: 2, column: 9, offset: 26 });
  });

  it('an unknown type: names those that there are', async () => {
    const body = await expectProblem(await gateway.post('/v1/jobs', { ...valid, type: 'nope' }), 422, 'invalid_request');
    expect(body['errors']).to.deep.equal([{ pointer: '/type', detail: 'is "nope"; known types: report, http, summarize' }]);
  });

  it('several wrong fields: all are named with their pointers', async () => {
    const answer = await gateway.post('/v1/jobs', { type: 'report', input: { rows: ROWS }, options: { limit: 0, formats: ['doc'] } });
    const body = await expectProblem(answer, 422, 'invalid_request');
    expect((body['errors'] as { pointer: string }[]).map((error) => error.pointer)).to.deep.equal(['/options/limit', '/options/formats/0']);
  });

  it('a body over the limit, announced: 413 with the limit', async () => {
    const answer = await gateway.post('/v1/jobs', { type: 'report', input: { rows: [{ text: 'x'.repeat(30_000) }] } });
    expect(await expectProblem(answer, 413, 'body_too_large')).to.include({ max_bytes: 20_000 });
  });

  it('a body over the limit, chunked without an end: 413 while it is being sent', async () => {
    const connection = raw().send(
      'POST /v1/jobs HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      '',
      '',
    );
    for (let chunk = 0; chunk < 30; chunk += 1) connection.send('400', 'x'.repeat(1_024), '');
    const { status, headers, body } = await connection.answer();
    expect(status).to.equal(413);
    expect(headers['content-type']).to.equal('application/problem+json');
    expect(JSON.parse(body)).to.include({ code: 'body_too_large', max_bytes: 20_000 });
  });

  it('a body just below the limit, in many chunks: accepted', async () => {
    const json = JSON.stringify({ type: 'report', input: { rows: [{ text: 'x'.repeat(15_000) }] } });
    const connection = raw().send(
      'POST /v1/jobs HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      '',
      '',
    );
    for (let at = 0; at < json.length; at += 1_000) {
      const part = json.slice(at, at + 1_000);
      connection.send(part.length.toString(16), part, '');
    }
    connection.send('0', '', '');
    expect((await connection.answer()).status).to.equal(202);
  });

  it('Expect: 100-continue with a body over the limit: refused before it is sent, and the connection closed', async () => {
    const connection = raw().send(
      'POST /v1/jobs HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Content-Length: 999999',
      'Expect: 100-continue',
      '',
      '',
    );
    const { status, headers } = await connection.answer();
    expect(status).to.equal(413);
    expect(headers['connection']).to.equal('close');
    expect(connection.text).not.to.contain('100 Continue');
  });

  it('Expect: 100-continue with a good body: 100, then 202', async () => {
    const json = JSON.stringify({ type: 'report', ...valid });
    const connection = raw().send(
      'POST /v1/jobs HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      `Content-Length: ${json.length}`,
      'Expect: 100-continue',
      '',
      '',
    );
    await connection.until(() => connection.text.includes('100 Continue'));
    expect((await connection.send(json).answer()).status).to.equal(202);
  });

  it('a client that breaks off in the middle of its body: no job, and the gateway goes on', async () => {
    const before = await gateway.jobCount();
    const connection = raw().send(
      'POST /v1/jobs HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Content-Length: 500',
      '',
      '{"type":',
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    connection.close();
    expect((await gateway.get('/livez')).status).to.equal(200);
    expect(await gateway.jobCount()).to.equal(before);
    expect(gateway.log.filter((line) => line.level === 'error')).to.deep.equal([]);
  });

  for (const [type, status] of [
    ['text/plain', 415],
    ['application/xml', 415],
    ['', 415],
    ['application/json; charset=utf-8', 202],
    ['application/vnd.jobline+json', 202],
    ['APPLICATION/JSON', 202],
  ] as const) {
    it(`Content-Type "${type}": ${status}`, async () => {
      const body = JSON.stringify({ type: 'report', ...valid });
      const head = [
        'POST /v1/jobs HTTP/1.1',
        'Host: x',
        ...(type ? [`Content-Type: ${type}`] : []),
        `Content-Length: ${body.length}`,
        '',
        body,
      ];
      const answer = await raw()
        .send(...head)
        .answer();
      expect(answer.status).to.equal(status);
      if (status === 415)
        expect(answer.headers).to.include({ 'accept-post': 'application/json', 'content-type': 'application/problem+json' });
    });
  }

  it('a compressed body: 415, so that no bomb is ever unpacked', async () => {
    const answer = await gateway.post('/v1/jobs', { type: 'report', ...valid }, { 'content-encoding': 'gzip' });
    expect(answer.headers.get('accept-encoding')).to.equal('identity');
    await expectProblem(answer, 415, 'unsupported_media_type');
  });

  it('Accept that leaves no room for JSON: 406; with a wildcard: answered', async () => {
    await expectProblem(await gateway.get('/v1/jobs', { accept: 'text/html' }), 406, 'not_acceptable');
    await expectProblem(await gateway.get('/v1/jobs', { accept: 'application/json;q=0, text/html' }), 406, 'not_acceptable');
    expect((await gateway.get('/v1/jobs', { accept: 'text/html, */*;q=0.1' })).status).to.equal(200);
  });

  it('an unknown path: 404; a known path with another method: 405 with Allow', async () => {
    await expectProblem(await gateway.get('/v1/nothing'), 404, 'not_found');
    await expectProblem(await gateway.get('/v1/jobs/'), 404, 'not_found');
    const answer = await fetch(gateway.url('/v1/jobs'), { method: 'DELETE' });
    expect(answer.headers.get('allow')?.split(', ')).to.have.members(['GET', 'HEAD', 'POST', 'OPTIONS']);
    await expectProblem(answer, 405, 'method_not_allowed');
    await expectProblem(await gateway.get('/generate-file'), 405, 'method_not_allowed');
  });

  it('OPTIONS: 204 with Allow', async () => {
    const answer = await fetch(gateway.url('/generate-file'), { method: 'OPTIONS' });
    expect(answer.status).to.equal(204);
    expect(answer.headers.get('allow')).to.equal('POST, OPTIONS');
  });

  for (const id of [
    '1',
    '00000000-0000-0000-0000-000000000000',
    '../../etc/passwd',
    '%7B%22$ne%22:null%7D',
    '%zz',
    'x'.repeat(2_000),
    '%00',
  ]) {
    it(`the job id ${id.slice(0, 40)}: 404`, async () => {
      const { status, body, headers } = await raw()
        .send(`GET /jobs/${id.replaceAll('/', '%2F')}/status HTTP/1.1`, 'Host: x', '', '')
        .answer();
      expect(status).to.equal(404);
      expect(headers['content-type']).to.equal('application/problem+json');
      expect(JSON.parse(body)).to.include({ code: 'job_not_found' });
    });
  }

  for (const query of [
    'limit=0',
    'limit=201',
    'limit=x',
    'limit=',
    'limit=0x10',
    'limit=1e1',
    'limit=%201',
    'limit=1&limit=2',
    'state=DONE',
    'page_token=',
    'colour=red',
    'state[$ne]=X',
  ]) {
    it(`GET /v1/jobs?${query}: 400, naming the parameter`, async () => {
      const body = await expectProblem(await gateway.get(`/v1/jobs?${query}`), 400, 'invalid_query');
      expect((body['errors'] as { parameter: string }[])[0]!.parameter).to.equal(query.split(/=/)[0]);
    });
  }

  it('a page token that we did not make: 400', async () => {
    await expectProblem(await gateway.get('/v1/jobs?page_token=bogus'), 400, 'invalid_cursor');
  });

  it('something that is not HTTP: 400 as a problem, by hand', async () => {
    const { status, headers, body } = await raw().send('HELO example.org', '', '').answer();
    expect(status).to.equal(400);
    expect(headers['content-type']).to.equal('application/problem+json');
    expect(problemSchema.parse(JSON.parse(body)).code).to.equal('bad_request');
  });

  it('headers of 20 KiB: 431 as a problem', async () => {
    const { status, body } = await raw()
      .send('GET / HTTP/1.1', 'Host: x', `X-Long: ${'x'.repeat(20_000)}`, '', '')
      .answer();
    expect(status).to.equal(431);
    expect(JSON.parse(body)).to.include({ code: 'headers_too_large' });
  });

  it('HTTP/1.1 without Host: 400; another Expect: 417', async () => {
    expect(JSON.parse((await raw().send('GET / HTTP/1.1', '', '').answer()).body)).to.include({ status: 400, code: 'bad_request' });
    const answer = await raw().send('GET / HTTP/1.1', 'Host: x', 'Expect: the-best', '', '').answer();
    expect(JSON.parse(answer.body)).to.include({ status: 417, code: 'expectation_failed' });
  });

  it('two Host headers; a transfer coding beside chunked: 400', async () => {
    const twice = await raw().send('GET / HTTP/1.1', 'Host: x', 'Host: y', '', '').answer();
    expect(JSON.parse(twice.body)).to.include({ status: 400, code: 'bad_request' });
    const head = ['POST /v1/uploads HTTP/1.1', 'Host: x', 'Transfer-Encoding: gzip, chunked'];
    const coded = await raw()
      .send(...head, '', '1', 'x', '0', '', '')
      .answer();
    expect(JSON.parse(coded.body)).to.include({ status: 400, code: 'bad_request' });
  });

  it('CONNECT: 405 as a problem, and the connection closed', async () => {
    const connection = raw().send('CONNECT x:80 HTTP/1.1', 'Host: x:80', '', '');
    const { status, headers, body } = await connection.answer();
    expect(status).to.equal(405);
    expect(headers).to.include({ 'content-type': 'application/problem+json', allow: '' });
    expect(JSON.parse(body)).to.include({ code: 'method_not_allowed' });
    await connection.until(() => connection.isClosed);
  });

  it('a body without end that nobody asked for: the request is answered, then the connection is cut', async () => {
    const id = await gateway.submit();
    const connection = raw().send(`POST /v1/jobs/${id}/cancel HTTP/1.1`, 'Host: x', 'Content-Length: 1000000000', '', '');
    expect((await connection.answer()).status).to.equal(202);
    const block = Buffer.alloc(65_536);
    let sent = 0;
    while (!connection.isClosed && sent < 500_000_000) {
      sent += block.length;
      if (!connection.socket.write(block))
        await Promise.race([once(connection.socket, 'drain'), once(connection.socket, 'close')]).catch(() => {});
    }
    expect(connection.isClosed).to.equal(true);
  });

  it('both Content-Length and Transfer-Encoding (request smuggling): refused, and the connection closed', async () => {
    const connection = raw().send('POST /v1/jobs HTTP/1.1', 'Host: x', 'Content-Length: 4', 'Transfer-Encoding: chunked', '', '0', '', '');
    expect((await connection.answer()).status).to.equal(400);
    await connection.until(() => connection.isClosed);
  });

  it('an error that nobody foresaw: 500 without its message, logged with its stack', async () => {
    gateway.mishaps.surprise = new TypeError('secret of the implementation');
    const body = await expectProblem(await gateway.get('/v1/jobs'), 500, 'internal_error');
    gateway.mishaps.surprise = undefined;
    expect(JSON.stringify(body)).not.to.contain('secret');
    const line = gateway.log.find(({ level }) => level === 'error');
    expect((line!.fields as { err: Error }).err.message).to.contain('secret');
    expect(line!.fields).to.include({ trace_id: body['trace_id'] });
  });

  it('every answer: carries security headers and a request id', async () => {
    for (const answer of await Promise.all([gateway.get('/'), gateway.get('/nothing'), gateway.post('/v1/jobs', 'x')])) {
      expect(answer.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(answer.headers.get('content-security-policy')).to.contain("default-src 'none'");
      expect(answer.headers.get('x-request-id')).to.match(/^[0-9a-f]{32}$/);
      expect(answer.headers.get('x-powered-by')).to.equal(null);
      await answer.body?.cancel();
    }
  });

  it('a traceparent: its trace id stands in the problem; an invalid one is dropped; X-Request-Id is echoed', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await gateway.get('/nothing', { traceparent: `00-${trace}-00f067aa0ba902b7-01`, 'x-request-id': 'mine-1' });
    expect(answer.headers.get('x-request-id')).to.equal('mine-1');
    expect((await expectProblem(answer, 404, 'not_found'))['trace_id']).to.equal(trace);
    for (const invalid of [
      `ff-${trace}-00f067aa0ba902b7-01`,
      `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`,
      `00-${trace.toUpperCase()}-00f067aa0ba902b7-01`,
      'x',
    ]) {
      const body = await expectProblem(await gateway.get('/nothing', { traceparent: invalid, 'x-request-id': 'a b' }), 404, 'not_found');
      expect(body['trace_id']).not.to.equal(trace).and.not.to.equal('0'.repeat(32));
    }
  });

  it('GET /errors/{code}: describes the code that a problem names', async () => {
    const { type } = (await (await gateway.get('/nothing')).json()) as { type: string };
    expect(await (await gateway.get(type)).json()).to.include({ code: 'not_found', status: 404 });
    await expectProblem(await gateway.get('/errors/toString'), 404, 'not_found');
  });
});
