import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import type { Download } from '../../../../shared/client/download.ts';
import { JoblineAbortError, JoblineNetworkError, JoblineProblem, JoblineTimeoutError } from '../../../../shared/client/errors.ts';
import { eventually } from '../../../support/eventually.ts';
import { failureOf, type Received, type Script, ScriptedServer, sendProblem } from './scripted-server.ts';

const FILE = randomBytes(300_000);
const SHA256 = createHash('sha256').update(FILE).digest('hex');
const HEADERS = { 'content-type': 'application/pdf', etag: `"${SHA256}"` };

const startOf = ({ headers }: Received) => Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);

/** The headers of the file, or of its rest; the bytes are the test's business. */
function head(request: Received, response: ServerResponse): Buffer {
  const start = startOf(request);
  const range = { 'content-range': `bytes ${start}-${FILE.length - 1}/${FILE.length}` };
  response.writeHead(start > 0 ? 206 : 200, { ...HEADERS, 'content-length': FILE.length - start, ...(start > 0 && range) });
  return FILE.subarray(start);
}

const sendAll: Script = (request, response) => void response.end(head(request, response));
const cutAfter = (count: number, request: Received, response: ServerResponse) =>
  response.write(head(request, response).subarray(0, count), () => response.destroy());

const bytesOf = async ({ body }: Download) => Buffer.from(await new Response(body).arrayBuffer());

describe('client, download', () => {
  let server: ScriptedServer;

  const start = async (script: Script) => {
    server = await ScriptedServer.start(script);
    return server.client();
  };

  afterEach(() => server.stop());

  it('a file: comes whole, with its type, size and digest', async () => {
    const file = await (await start(sendAll)).download('a job', 'report 1.pdf', { stage: 'p/2' });
    expect([file.media_type, file.size_bytes, file.sha256]).to.deep.equal(['application/pdf', FILE.length, SHA256]);
    expect((await bytesOf(file)).equals(FILE)).to.equal(true);
    expect(server.received[0]!.path).to.equal('/v1/jobs/a%20job/outputs/report%201.pdf?stage=p%2F2');
  });

  it('cut off twice: goes on where it was, as long as it is the same file', async () => {
    const client = await start((request, response, number) =>
      number < 3 ? void cutAfter(100_000, request, response) : sendAll(request, response, number),
    );
    expect((await bytesOf(await client.download('a', 'b'))).equals(FILE)).to.equal(true);
    const [first, ...others] = server.received;
    expect(first!.headers.range).to.equal(undefined);
    for (const { headers } of others) expect(headers['if-range']).to.equal(HEADERS.etag);
    const [second, third] = others.map(startOf);
    expect(second).to.be.within(1, 100_000);
    expect(third).to.be.within(second! + 1, 200_000);
  });

  it('the gateway is away for a moment before the rest: goes on', async () => {
    const client = await start((request, response, number) => {
      if (number === 1) cutAfter(1_000, request, response);
      else if (number === 2) sendProblem(response, 503, 'store_unavailable');
      else sendAll(request, response, number);
    });
    expect((await bytesOf(await client.download('a', 'b'))).equals(FILE)).to.equal(true);
  });

  it('cut off again and again without a byte: the body ends with an error that says how far it came', async () => {
    const client = await start((request, response, number) => void cutAfter(number === 1 ? 1_000 : 0, request, response));
    const error = await failureOf(bytesOf(await client.download('a', 'b')));
    expect(error).to.be.instanceOf(JoblineNetworkError);
    expect((error as Error).message).to.match(/cut off after 1000 of 300000 bytes/);
    expect(server.received).to.have.length(4);
  });

  it('the file is another one by then: the body ends with an error', async () => {
    const client = await start((request, response, number) => {
      if (number === 1) cutAfter(1_000, request, response);
      else response.writeHead(200, { ...HEADERS, etag: '"other"' }).end('other');
    });
    expect(await failureOf(bytesOf(await client.download('a', 'b'))))
      .to.be.instanceOf(JoblineNetworkError)
      .and.to.match(/begins anew/);
    expect(server.received).to.have.length(2);
  });

  it('the file is gone by then: the body ends with the problem', async () => {
    const client = await start((request, response, number) =>
      number === 1 ? void cutAfter(1_000, request, response) : sendProblem(response, 410, 'file_gone'),
    );
    expect(await failureOf(bytesOf(await client.download('a', 'b'))))
      .to.be.instanceOf(JoblineProblem)
      .and.to.include({ code: 'file_gone' });
  });

  it('without an entity tag: a cut ends it', async () => {
    const client = await start((_, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('abc', () => response.destroy());
    });
    expect(await failureOf(bytesOf(await client.download('a', 'b')))).to.be.instanceOf(JoblineNetworkError);
    expect(server.received).to.have.length(1);
  });

  it('no byte for longer than the timeout: goes on by another request', async () => {
    await start((request, response, number) =>
      number === 1 ? void response.write(head(request, response).subarray(0, 1_000)) : sendAll(request, response, number),
    );
    const file = await server.client({ timeoutMs: 200 }).download('a', 'b');
    expect((await bytesOf(file)).equals(FILE)).to.equal(true);
    expect(startOf(server.received[1]!)).to.equal(1_000);
  });

  it('no byte ever: a JoblineTimeoutError', async () => {
    await start((request, response) => void head(request, response));
    const client = server.client({ timeoutMs: 30, retry: { attempts: 2 } });
    const download = client.download('a', 'b').then(bytesOf);
    expect(await failureOf(download)).to.be.instanceOf(JoblineTimeoutError);
  });

  it('an output that there is none of: a JoblineProblem', async () => {
    const client = await start((_, response) => sendProblem(response, 404, 'output_not_found'));
    expect(await failureOf(client.download('a', 'b'))).to.include({ code: 'output_not_found', status: 404 });
  });

  it('a body that is canceled: its connection is closed and nothing more is asked for', async () => {
    let isClosed = false;
    const client = await start((request, response) => {
      response.on('close', () => (isClosed = true)).write(head(request, response).subarray(0, 1_000));
    });
    const reader = (await client.download('a', 'b')).body.getReader();
    await reader.read();
    await reader.cancel();
    await eventually('the connection to be closed', () => isClosed);
    expect(server.received).to.have.length(1);
  });

  it('abort amid the body: it ends with a JoblineAbortError', async () => {
    const abort = new AbortController();
    const client = await start((request, response) => void response.write(head(request, response).subarray(0, 1_000)));
    const reader = (await client.download('a', 'b', { signal: abort.signal })).body.getReader();
    await reader.read();
    const failed = failureOf(reader.read());
    abort.abort();
    expect(await failed).to.be.instanceOf(JoblineAbortError);
    expect(server.received).to.have.length(1);
  });
});
