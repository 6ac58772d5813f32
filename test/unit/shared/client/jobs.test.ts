import { expect } from 'chai';
import { JoblineAbortError, JoblineNetworkError, type JoblineProblem, JoblineTimeoutError } from '../../../../shared/client/errors.ts';
import { eventually } from '../../../support/eventually.ts';
import { failureOf, type Script, ScriptedServer, sendJson, sendProblem } from './scripted-server.ts';

const SOON = { 'retry-after': '0' };
const job = (status: string, more: object = {}) => ({ job_id: 'a', status, done: status === 'COMPLETED', run: 0, links: {}, ...more });

describe('client, jobs', () => {
  let server: ScriptedServer;

  const start = async (script: Script) => {
    server = await ScriptedServer.start(script);
    return server.client();
  };
  const requests = () => server.received.map(({ method, path }) => `${method} ${path}`);

  afterEach(() => server.stop());

  it('wait: asks with the tag of what it has, until the job has ended', async () => {
    const client = await start((request, response, number) => {
      const isKnown = request.headers['if-none-match'] === '"1"';
      if (number === 1) sendJson(response, 200, job('QUEUED'), { etag: '"1"', ...SOON });
      else if (number < 4 && isKnown) response.writeHead(304, SOON).end();
      else sendJson(response, 200, job('COMPLETED'), { etag: '"2"' });
    });
    expect(await client.wait('a')).to.deep.equal(job('COMPLETED'));
    expect(requests()).to.deep.equal(Array.from({ length: 4 }, () => 'GET /v1/jobs/a'));
    expect(server.received.map(({ headers }) => headers['if-none-match'])).to.deep.equal([undefined, '"1"', '"1"', '"1"']);
  });

  it('wait, told to come back after a second: does not ask earlier', async () => {
    const client = await start((_, response, number) =>
      sendJson(response, 200, job(number === 1 ? 'QUEUED' : 'COMPLETED'), { 'retry-after': '1' }),
    );
    await client.wait('a');
    expect(server.received[1]!.atMs - server.received[0]!.atMs).to.be.at.least(990);
  });

  it('wait, told to come back after a year: does not ask at once', async () => {
    const client = await start((_, response) => sendJson(response, 200, job('QUEUED'), { 'retry-after': '31536000' }));
    await failureOf(client.wait('a', { timeoutMs: 200 }));
    expect(server.received).to.have.length(1);
  });

  it('wait over a 503 and a cut: goes on', async () => {
    const client = await start((_, response, number) => {
      if (number === 1) sendProblem(response, 503, 'store_unavailable');
      else if (number === 2) response.destroy();
      else sendJson(response, 200, job('COMPLETED'));
    });
    expect(await client.wait('a')).to.include({ status: 'COMPLETED' });
  });

  it('wait for a job that does not end in time: a JoblineTimeoutError with the job as seen last', async () => {
    const client = await start((_, response) => sendJson(response, 200, job('PROCESS_1_RUNNING'), { 'retry-after': '30' }));
    const error = (await failureOf(client.wait('a', { timeoutMs: 100 }))) as JoblineTimeoutError;
    expect(error).to.be.instanceOf(JoblineTimeoutError).and.to.include({ timeoutMs: 100 });
    expect(error.job).to.include({ status: 'PROCESS_1_RUNNING' });
    expect(error.message).to.equal('The end of job a, which is PROCESS_1_RUNNING, took longer than 100 ms.');
  });

  it('wait whose first answer does not come in time: a JoblineTimeoutError', async () => {
    const client = await start(() => {});
    expect(await failureOf(client.wait('a', { timeoutMs: 50 })))
      .to.be.instanceOf(JoblineTimeoutError)
      .and.to.include({ job: undefined });
    expect(await failureOf(client.wait('a', { timeoutMs: Number.NaN }))).to.be.instanceOf(TypeError);
  });

  it('wait that is aborted between two looks: a JoblineAbortError', async () => {
    const client = await start((_, response) => sendJson(response, 200, job('QUEUED'), { 'retry-after': '30' }));
    const abort = new AbortController();
    const failed = failureOf(client.wait('a', { signal: abort.signal }));
    await eventually('the first look', () => server.received.length === 1);
    abort.abort();
    expect(await failed).to.be.instanceOf(JoblineAbortError);
  });

  it('cancel whose answer is lost: is sent again, for it may be', async () => {
    const client = await start((_, response, number) =>
      number === 1 ? void response.destroy() : sendJson(response, 202, { job_id: 'a', status: 'CANCELED', links: {} }),
    );
    expect(await client.cancel('a')).to.include({ status: 'CANCELED' });
    expect(requests()).to.deep.equal(['POST /v1/jobs/a/cancel', 'POST /v1/jobs/a/cancel']);
  });

  it('retry: says where to start, after a look at the run', async () => {
    const client = await start((request, response) =>
      request.method === 'GET' ? sendJson(response, 200, job('FAILED')) : sendJson(response, 202, job('QUEUED')),
    );
    await client.retry('a', { from: 'beginning' });
    await client.retry('a');
    expect(requests()).to.deep.equal(['GET /v1/jobs/a', 'POST /v1/jobs/a/retry', 'GET /v1/jobs/a', 'POST /v1/jobs/a/retry']);
    expect([server.received[1]!.body, server.received[3]!.body]).to.deep.equal(['{"from":"beginning"}', '']);
  });

  it('retry whose answer is lost after it came through: is not sent again', async () => {
    let run = 0;
    const client = await start((request, response) => {
      if (request.method === 'GET') return sendJson(response, 200, job(run === 0 ? 'FAILED' : 'QUEUED', { run }));
      run += 1;
      response.destroy();
    });
    expect(await client.retry('a')).to.deep.equal({ job_id: 'a', status: 'QUEUED', links: {} });
    expect(run).to.equal(1);
  });

  it('retry that is lost before it came through: is sent again', async () => {
    let posts = 0;
    const client = await start((request, response) => {
      if (request.method === 'GET') return sendJson(response, 200, job('FAILED'));
      posts += 1;
      if (posts === 1) response.destroy();
      else sendJson(response, 202, job('QUEUED'));
    });
    expect(await client.retry('a')).to.include({ status: 'QUEUED' });
    expect(posts).to.equal(2);
  });

  it('retry that comes through between the look and the repeat: the conflict is no failure', async () => {
    let posts = 0;
    const client = await start((request, response) => {
      if (request.method === 'GET') return sendJson(response, 200, job(posts < 2 ? 'FAILED' : 'QUEUED', { run: posts < 2 ? 0 : 1 }));
      posts += 1;
      if (posts === 1) response.destroy();
      else sendProblem(response, 409, 'job_conflict');
    });
    expect(await client.retry('a')).to.include({ status: 'QUEUED' });
  });

  it('retry of a job that has not ended: the conflict is told', async () => {
    const client = await start((request, response) =>
      request.method === 'GET' ? sendJson(response, 200, job('QUEUED')) : sendProblem(response, 409, 'job_conflict'),
    );
    expect(((await failureOf(client.retry('a'))) as JoblineProblem).code).to.equal('job_conflict');
  });

  it('upload of bytes: is sent with name and type, and again when its answer is lost', async () => {
    const client = await start((_, response, number) =>
      number === 1 ? void response.destroy() : sendJson(response, 201, { upload_id: 'u-1' }),
    );
    const upload = await client.upload(new Blob(['a,b\n1,2\n'], { type: 'text/csv' }), { filename: 'über 1.csv' });
    expect(upload).to.deep.equal({ upload_id: 'u-1' });
    for (const { path, headers, body } of server.received) {
      expect([path, headers['content-type'], body]).to.deep.equal(['/v1/uploads?filename=%C3%BCber%201.csv', 'text/csv', 'a,b\n1,2\n']);
    }
    expect(server.received).to.have.length(2);
  });

  it('upload of a stream: is sent as it comes, once', async () => {
    const client = await start((_, response, number) =>
      number === 1 ? sendJson(response, 201, { upload_id: 'u-1' }) : void response.destroy(),
    );
    const stream = () => new Blob(['x'.repeat(100_000)]).stream();
    expect(await client.upload(stream(), { media_type: 'text/plain' })).to.deep.equal({ upload_id: 'u-1' });
    expect(server.received[0]!.headers).to.include({ 'transfer-encoding': 'chunked', 'content-type': 'text/plain' });
    expect(server.received[0]!.body).to.have.length(100_000);
    expect(await failureOf(client.upload(stream()))).to.be.instanceOf(JoblineNetworkError);
    expect(server.received).to.have.length(2);
  });
});
