import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import {
  JoblineAbortError,
  JoblineClient,
  JoblineNetworkError,
  JoblineProblem,
  JoblineTimeoutError,
} from '../../../../shared/client/index.ts';
import { eventually } from '../../../support/eventually.ts';
import { failureOf, type Script, ScriptedServer, sendJson, sendProblem } from './scripted-server.ts';

const ID = '01930000-0000-7000-8000-000000000001';
const accept = (response: ServerResponse) => sendJson(response, 202, { job_id: ID, status: 'QUEUED', links: {} });

describe('client, submit', () => {
  let server: ScriptedServer;

  const start = async (script: Script) => {
    server = await ScriptedServer.start(script);
    return server;
  };
  const keys = () => server.received.map(({ headers }) => headers['idempotency-key']);

  afterEach(() => server.stop());

  it('a job: is sent under its names, with a key of the client that no other submission has', async () => {
    const client = (await start((_, response) => accept(response))).client({ headers: { authorization: 'Bearer x' } });
    const job = await client.submit('report', { rows: [] }, { lane: 'bulk', options: { a: 1 }, run_at: new Date(0) });
    await client.submit('report', {});
    expect(job).to.deep.equal({ job_id: ID, status: 'QUEUED', links: {} });
    const [{ method, path, headers, body } = server.received[1]!] = server.received;
    expect([method, path]).to.deep.equal(['POST', '/v1/jobs']);
    expect(headers).to.include({ authorization: 'Bearer x', 'content-type': 'application/json' });
    expect(JSON.parse(body)).to.deep.equal({
      type: 'report',
      input: { rows: [] },
      lane: 'bulk',
      options: { a: 1 },
      run_at: '1970-01-01T00:00:00.000Z',
    });
    for (const key of keys()) expect(key).to.match(/^"[0-9a-f-]{36}"$/);
    expect(new Set(keys()).size).to.equal(2);
  });

  it('a key of the caller: is sent as a quoted string, and a replay is told', async () => {
    await start((_, response) => sendJson(response, 202, { job_id: ID, status: 'QUEUED', links: {} }, { 'idempotent-replayed': 'true' }));
    expect(await server.client().submit('noop', {}, { idempotency_key: 'an "order" \\ 7' })).to.include({ replayed: true });
    expect(keys()).to.deep.equal(['"an \\"order\\" \\\\ 7"']);
  });

  for (const status of [429, 502, 503, 504]) {
    it(`${status} twice: is sent again with the same key and body`, async () => {
      await start((_, response, number) => (number < 3 ? sendProblem(response, status, 'overloaded') : accept(response)));
      expect((await server.client().submit('noop', {})).job_id).to.equal(ID);
      expect(server.received).to.have.length(3);
      expect(new Set(keys()).size).to.equal(1);
      expect(new Set(server.received.map(({ body }) => body)).size).to.equal(1);
    });
  }

  it('the connection is cut before and amid the answer: is sent again with the same key', async () => {
    await start((_, response, number) => {
      if (number === 1) response.destroy();
      else if (number === 2) response.writeHead(202, { 'content-length': '500' }).write('{"job_id":', () => response.destroy());
      else accept(response);
    });
    expect((await server.client().submit('noop', {})).job_id).to.equal(ID);
    expect([keys().length, new Set(keys()).size]).to.deep.equal([3, 1]);
  });

  for (const status of [400, 404, 409, 413, 422, 500]) {
    it(`${status}: is a JoblineProblem at once`, async () => {
      await start((_, response) => sendProblem(response, status, 'some_code'));
      expect(await failureOf(server.client().submit('noop', {})))
        .to.be.instanceOf(JoblineProblem)
        .and.to.include({ status, code: 'some_code' });
      expect(server.received).to.have.length(1);
    });
  }

  it('a problem: has every part of the document', async () => {
    const problem = {
      type: '/errors/invalid_request',
      title: 'The request is not valid',
      status: 422,
      detail: 'Two things are wrong.',
      code: 'invalid_request',
      trace_id: 'abc',
      errors: [{ pointer: '/input', detail: 'is required' }],
      max_bytes: 7,
    };
    await start((_, response) => sendJson(response, 422, problem));
    const error = (await failureOf(server.client().submit('noop', {}))) as JoblineProblem;
    const { name, message, detail, title, errors, traceId, problem: whole } = error;
    expect({ name, detail, title, errors, traceId, whole }).to.deep.equal({
      name: 'JoblineProblem',
      detail: problem.detail,
      title: problem.title,
      errors: problem.errors,
      traceId: 'abc',
      whole: problem,
    });
    expect(message).to.equal('POST /v1/jobs: 422 Two things are wrong. (invalid_request); /input is required');
  });

  it('503 without end: is given up after the attempts, with the last problem', async () => {
    await start((_, response) => sendProblem(response, 503, 'overloaded'));
    expect(await failureOf(server.client().submit('noop', {}))).to.include({ code: 'overloaded', status: 503 });
    expect(server.received).to.have.length(4);
  });

  it('Retry-After of a second: the repeat does not come earlier', async () => {
    await start((_, response, number) =>
      number === 1 ? sendProblem(response, 503, 'overloaded', { 'retry-after': '1' }) : accept(response),
    );
    await server.client().submit('noop', {});
    const [first, second] = server.received;
    expect(second!.atMs - first!.atMs).to.be.at.least(990);
  });

  it('Retry-After of an hour: is not waited for, and told', async () => {
    await start((_, response) => sendProblem(response, 503, 'overloaded', { 'retry-after': '3600' }));
    expect(await failureOf(server.client().submit('noop', {}))).to.include({ code: 'overloaded', retryAfterMs: 3_600_000 });
    expect(server.received).to.have.length(1);
  });

  it('Retry-After as a date long past, and as nonsense: is as if there were none', async () => {
    const values = ['Thu, 01 Jan 1970 00:00:00 GMT', 'soon'];
    await start((_, response, number) =>
      number < 3 ? sendProblem(response, 503, 'overloaded', { 'retry-after': values[number - 1]! }) : accept(response),
    );
    expect((await server.client().submit('noop', {})).job_id).to.equal(ID);
  });

  it('no server: a JoblineNetworkError with what the connection met', async () => {
    await start(() => {});
    const client = server.client();
    server.stop();
    const error = (await failureOf(client.submit('noop', {}))) as JoblineNetworkError;
    expect(error).to.be.instanceOf(JoblineNetworkError).and.to.include({ code: 'network_error' });
    expect(error.message).to.match(/ECONNREFUSED/);
    expect(error.cause).to.be.instanceOf(TypeError);
  });

  it('a server that does not answer: each attempt ends in time, then a JoblineTimeoutError', async () => {
    await start(() => {});
    const error = await failureOf(server.client({ timeoutMs: 30, retry: { attempts: 2 } }).submit('noop', {}));
    expect(error).to.be.instanceOf(JoblineTimeoutError).and.to.include({ code: 'timeout', timeoutMs: 30 });
    expect([keys().length, new Set(keys()).size]).to.deep.equal([2, 1]);
  });

  it('abort while the server works on it: a JoblineAbortError with the reason, and no repeat', async () => {
    const abort = new AbortController();
    await start(() => abort.abort('enough'));
    const error = (await failureOf(server.client().submit('noop', {}, { signal: abort.signal }))) as JoblineAbortError;
    expect(error).to.be.instanceOf(JoblineAbortError).and.to.include({ code: 'aborted', cause: 'enough' });
    expect(server.received).to.have.length(1);
  });

  it('abort while it waits for the next attempt: ends the wait', async () => {
    const abort = new AbortController();
    await start((_, response) => sendProblem(response, 503, 'overloaded', { 'retry-after': '30' }));
    const failed = failureOf(server.client().submit('noop', {}, { signal: abort.signal }));
    await eventually('the first attempt', () => server.received.length === 1);
    abort.abort();
    expect(await failed).to.be.instanceOf(JoblineAbortError);
  });

  it('a signal that is aborted already: nothing is sent', async () => {
    await start((_, response) => accept(response));
    expect(await failureOf(server.client().submit('noop', {}, { signal: AbortSignal.abort() }))).to.be.instanceOf(JoblineAbortError);
    expect(server.received).to.have.length(0);
  });

  it('a page in HTML, as success, error and redirection: unexpected_answer that shows how it begins', async () => {
    const answers = [200, 403, 301];
    await start((_, response, number) => {
      response.writeHead(answers[number - 1]!, { 'content-type': 'text/html', ...(number === 3 && { location: 'https://other' }) });
      response.end('<h1>Portal</h1>');
    });
    for (const [index, shown] of ['<h1>Portal', '<h1>Portal', 'https://other'].entries()) {
      const error = (await failureOf(server.client().submit('noop', {}))) as JoblineProblem;
      expect(error).to.be.instanceOf(JoblineProblem).and.to.include({ code: 'unexpected_answer', status: answers[index] });
      expect(error.detail).to.contain(shown);
    }
    expect(server.received).to.have.length(3);
  });

  it('64 at once under one signal: no warning of too many listeners', async () => {
    await start((_, response) => accept(response));
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 64 }, () => server.client().submit('noop', {}, { signal })));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).to.deep.equal([]);
  });
});

describe('client, options', () => {
  const wrong: readonly [object, RegExp][] = [
    [{ baseUrl: 'localhost' }, /baseUrl is "localhost"; it must be a whole URL/],
    [{ baseUrl: 'ftp://x' }, /http:\/\/ or https:\/\//],
    [{ baseUrl: 'http://a:b@x' }, /use headers/],
    [{ baseUrl: 'http://x/?a=1' }, /neither \? nor #/],
    [{ retry: { attempts: 0 } }, /retry.attempts is 0; it must be a whole number from 1 to 1000/],
    [{ retry: { maxDelayMs: 1.5 } }, /retry.maxDelayMs is 1.5/],
    [{ timeoutMs: -1 }, /timeoutMs is -1/],
  ];
  for (const [options, message] of wrong) {
    it(`${JSON.stringify(options)}: is refused`, () => {
      expect(() => new JoblineClient({ baseUrl: 'http://127.0.0.1:1', ...options })).to.throw(TypeError, message);
    });
  }

  it('ids and names that would change the path: are refused', async () => {
    const client = new JoblineClient({ baseUrl: 'http://127.0.0.1:1', retry: { attempts: 1 } });
    for (const id of ['', '.', '..']) {
      expect(await failureOf(client.get(id))).to.be.instanceOf(TypeError);
      expect(await failureOf(client.download('a', id))).to.be.instanceOf(TypeError);
    }
  });

  it('a baseUrl with a path and a fetch of the caller: are used', async () => {
    const urls: string[] = [];
    const fetch = async (url: unknown) => {
      urls.push(String(url));
      return Response.json({ outputs: [] });
    };
    const client = new JoblineClient({ baseUrl: 'https://example.org/jobs/', fetch: fetch as typeof globalThis.fetch });
    await client.outputs('a/b');
    expect(urls).to.deep.equal(['https://example.org/jobs/v1/jobs/a%2Fb/outputs']);
  });
});
