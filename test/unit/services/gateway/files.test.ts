import { createHash, randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { jobResource, outputList, upload as uploadSchema } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

const body = async (answer: Response) => (await answer.json()) as Record<string, unknown>;
const CONTENT = Buffer.from('0123456789');

describe('the gateway, given outputs', () => {
  let gateway: GatewayFixture;
  let id: string;
  let file: string;
  before(async () => {
    gateway = await new GatewayFixture().start();
    id = await gateway.submit();
    await gateway.claim(id);
    await gateway.commit(id, [
      { name: 'profile.json', mediaType: 'application/json', content: '{}', audience: 'internal' },
      { name: 'same.csv', mediaType: 'text/csv', content: 'from p1', audience: 'user' },
    ]);
    await gateway.claim(id);
    await gateway.commit(id, [
      { name: 'Bericht Größe.pdf', mediaType: 'application/pdf', content: CONTENT, audience: 'user' },
      { name: 'same.csv', mediaType: 'text/csv', content: 'from p2', audience: 'user' },
      { name: 'empty.csv', mediaType: 'text/csv', content: '', audience: 'user' },
    ]);
    file = `/v1/jobs/${id}/outputs/${encodeURIComponent('Bericht Größe.pdf')}`;
  });
  after(() => gateway.stop());

  it("the list: the caller's files with size and digest, none that is internal", async () => {
    const { outputs } = outputList.parse(await (await gateway.get(`/v1/jobs/${id}/outputs`)).json());
    expect(outputs.map((output) => [output.stage, output.name])).to.deep.equal([
      ['p1', 'same.csv'],
      ['p2', 'Bericht Größe.pdf'],
      ['p2', 'same.csv'],
      ['p2', 'empty.csv'],
    ]);
    expect(outputs[1]).to.include({ size_bytes: 10, sha256: createHash('sha256').update(CONTENT).digest('hex'), href: file });
    const unsigned = outputs.map(({ download: _, ...output }) => output);
    expect(jobResource.parse(await (await gateway.get(`/v1/jobs/${id}`)).json()).outputs).to.deep.equal(unsigned);
  });

  it('each link of the list: leads to the bytes of that stage', async () => {
    const { outputs } = outputList.parse(await (await gateway.get(`/v1/jobs/${id}/outputs`)).json());
    for (const { href, sha256, size_bytes } of outputs) {
      const bytes = Buffer.from(await (await gateway.get(href)).arrayBuffer());
      expect(bytes.length).to.equal(size_bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).to.equal(sha256);
    }
    expect(await (await gateway.get(`/v1/jobs/${id}/outputs/same.csv`)).text()).to.equal('from p2');
  });

  it('a download: the bytes, with the headers that a browser and a checking client need', async () => {
    const answer = await gateway.get(file);
    expect(answer.status).to.equal(200);
    expect(Object.fromEntries(answer.headers)).to.include({
      'content-type': 'application/pdf',
      'content-length': '10',
      'accept-ranges': 'bytes',
      'content-disposition': 'attachment; filename="Bericht Gr__e.pdf"; filename*=UTF-8\'\'Bericht%20Gr%C3%B6%C3%9Fe.pdf',
      'repr-digest': `sha-256=:${createHash('sha256').update(CONTENT).digest('base64')}:`,
      'x-content-type-options': 'nosniff',
    });
    expect(await answer.text()).to.equal('0123456789');
  });

  it('HEAD: the same headers and no body', async () => {
    const answer = await fetch(gateway.url(file), { method: 'HEAD' });
    expect(answer.headers.get('content-length')).to.equal('10');
    expect(answer.headers.get('repr-digest')).to.match(/^sha-256=:/);
    expect(await answer.text()).to.equal('');
  });

  for (const [range, status, contentRange, text] of [
    ['bytes=2-4', 206, 'bytes 2-4/10', '234'],
    ['bytes=7-', 206, 'bytes 7-9/10', '789'],
    ['bytes=-2', 206, 'bytes 8-9/10', '89'],
    ['bytes=0-99', 206, 'bytes 0-9/10', '0123456789'],
    ['bytes=0-1,3-4', 200, null, '0123456789'],
    ['pages=1-2', 200, null, '0123456789'],
  ] as const) {
    it(`Range ${range}: ${status}`, async () => {
      const answer = await gateway.get(file, { range });
      expect(answer.status).to.equal(status);
      expect(answer.headers.get('content-range')).to.equal(contentRange);
      expect(answer.headers.get('content-length')).to.equal(String(text.length));
      expect(await answer.text()).to.equal(text);
    });
  }

  it('a range beyond the file: 416 with its size', async () => {
    const answer = await gateway.get(file, { range: 'bytes=10-' });
    expect(answer.status).to.equal(416);
    expect(answer.headers.get('content-range')).to.equal('bytes */10');
    expect(await body(answer)).to.include({ code: 'range_not_satisfiable' });
    expect((await gateway.get(`/v1/jobs/${id}/outputs/empty.csv`, { range: 'bytes=0-' })).status).to.equal(416);
  });

  it('If-None-Match: 304; If-Range of other content: the whole file', async () => {
    const etag = (await gateway.get(file)).headers.get('etag')!;
    const unchanged = await gateway.get(file, { 'if-none-match': etag });
    expect(unchanged.status).to.equal(304);
    expect((await gateway.get(file, { range: 'bytes=0-1', 'if-range': etag })).status).to.equal(206);
    expect((await gateway.get(file, { range: 'bytes=0-1', 'if-range': '"other"' })).status).to.equal(200);
  });

  it('an internal file, an unknown one, a path that climbs: 404', async () => {
    for (const name of ['profile.json', 'nothing.pdf', '..%2F..%2Fetc%2Fpasswd']) {
      const answer = await gateway.get(`/v1/jobs/${id}/outputs/${name}`);
      expect(answer.status).to.equal(404);
      expect(await body(answer)).to.include({ code: 'output_not_found' });
    }
  });

  it('a file whose bytes are gone: 410', async () => {
    const other = await gateway.completed([{ name: 'a.csv', mediaType: 'text/csv', content: 'x', audience: 'user' }]);
    await gateway.removeFilesOf(other);
    const answer = await gateway.get(`/v1/jobs/${other}/outputs/a.csv`);
    expect(answer.status).to.equal(410);
    expect(await body(answer)).to.include({ code: 'file_gone' });
  });

  it('files of a claim that never committed: not shown', async () => {
    const other = await gateway.submit();
    await gateway.claim(other);
    await gateway.storeOutputs(other, [{ name: 'early.csv', mediaType: 'text/csv', content: 'x', audience: 'user' }]);
    expect(outputList.parse(await (await gateway.get(`/v1/jobs/${other}/outputs`)).json()).outputs).to.deep.equal([]);
    expect((await gateway.get(`/v1/jobs/${other}/outputs/early.csv`)).status).to.equal(404);
  });

  it('a source that fails half-way: the connection is cut, so that the client knows', async () => {
    const other = await gateway.completed([{ name: 'a.csv', mediaType: 'text/csv', content: randomBytes(50_000), audience: 'user' }]);
    gateway.mishaps.breakReadsAfter = 1_000;
    try {
      const failure = await gateway
        .get(`/v1/jobs/${other}/outputs/a.csv`)
        .then((answer) => answer.arrayBuffer())
        .catch((error: unknown) => error);
      expect(failure).to.be.instanceOf(Error);
    } finally {
      gateway.mishaps.breakReadsAfter = undefined;
    }
    expect((await gateway.get('/livez')).status).to.equal(200);
  });
});

describe('the gateway, given uploads', () => {
  let gateway: GatewayFixture;
  const connections: RawConnection[] = [];
  const raw = () => {
    const connection = new RawConnection(gateway.api.port);
    connections.push(connection);
    return connection;
  };
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.close();
    await gateway.stop();
  });

  const send = (content: string | Buffer, type = 'text/csv', query = '?filename=prices.csv') =>
    fetch(gateway.url(`/v1/uploads${query}`), { method: 'POST', body: content as never, headers: { 'content-type': type } });

  it('a file: 201 with its digest, found again under its id, usable by a job', async () => {
    const answer = await send('a,b\n1,2\n', 'text/csv; charset=utf-8');
    expect(answer.status).to.equal(201);
    const created = uploadSchema.parse(await answer.json());
    expect(created).to.include({
      filename: 'prices.csv',
      media_type: 'text/csv; charset=utf-8',
      size_bytes: 8,
      sha256: createHash('sha256').update('a,b\n1,2\n').digest('hex'),
    });
    expect(answer.headers.get('location')).to.equal(created.links['self']);
    expect(await body(await gateway.get(created.links['self']!))).to.deep.equal(created);
    const job = await gateway.post('/generate-file', { input: { upload_id: created.upload_id } });
    expect(job.status).to.equal(202);
    expect(await body(await gateway.get(job.headers.get('location')!))).to.include({ upload_id: created.upload_id });
  });

  it('a chunked body in small pieces: is stored whole', async () => {
    const connection = raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked', '', '');
    for (let piece = 0; piece < 20; piece += 1) {
      connection.send('5', 'abcde', '');
      await new Promise(setImmediate);
    }
    connection.send('0', '', '');
    const { status, body: text } = await connection.answer();
    expect(status).to.equal(201);
    expect(JSON.parse(text)).to.include({
      size_bytes: 100,
      media_type: 'application/octet-stream',
      sha256: createHash('sha256').update('abcde'.repeat(20)).digest('hex'),
    });
  });

  for (const size of [1, 5_000, 90_000]) {
    it(`a body of ${size} bytes that has arrived before the store answers: is stored whole`, async () => {
      const content = randomBytes(size);
      gateway.mishaps.isHanging = true;
      const sending = send(content);
      await gateway.until(async () => gateway.mishaps.hanging === 1);
      // Another request on its way through the same process: by its answer the body of the first has arrived too.
      expect((await gateway.get('/livez')).status).to.equal(200);
      gateway.mishaps.goOn();
      const answer = await sending;
      expect(answer.status).to.equal(201);
      expect(await body(answer)).to.include({ size_bytes: size, sha256: createHash('sha256').update(content).digest('hex') });
    });
  }

  it('what curl --data-binary says of a body: taken as bytes', async () => {
    expect(await body(await send('a,b\n', 'application/x-www-form-urlencoded'))).to.include({ media_type: 'application/octet-stream' });
  });

  it('a form: 415, and how to send the file instead', async () => {
    const answer = await send('--x', 'multipart/form-data; boundary=x');
    expect(answer.status).to.equal(415);
    expect((await body(answer))['detail']).to.contain('--data-binary');
  });

  it('an empty body, announced or chunked: 422', async () => {
    const answer = await send('');
    expect(answer.status).to.equal(422);
    expect(await body(answer)).to.include({ code: 'empty_upload' });
    const chunked = await raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked', '', '0', '', '').answer();
    expect(chunked.status).to.equal(422);
    expect(gateway.mishaps.storedUploads).to.equal(0);
  });

  it('beyond the limit, announced: 413 before a byte is read', async () => {
    const connection = raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 100001', 'Expect: 100-continue', '', '');
    const { status, body: text } = await connection.answer();
    expect(status).to.equal(413);
    expect(JSON.parse(text)).to.include({ code: 'upload_too_large', max_bytes: 100_000 });
  });

  it('beyond the limit, chunked: 413 and nothing is kept', async () => {
    const connection = raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Transfer-Encoding: chunked', '', '');
    for (let piece = 0; piece < 110; piece += 1) connection.send('400', 'x'.repeat(1_024), '');
    const { status, body: text } = await connection.answer();
    expect(status).to.equal(413);
    expect(JSON.parse(text)).to.include({ code: 'upload_too_large' });
    expect(gateway.mishaps.storedUploads).to.equal(0);
  });

  it('a client that breaks off: nothing is kept, its place is free again', async () => {
    for (let round = 0; round < 4; round += 1) {
      const connection = raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 50000', '', 'x'.repeat(20_000));
      await new Promise((resolve) => setTimeout(resolve, 20));
      connection.close();
    }
    await gateway.until(async () => (await send('a\n')).status === 201);
    expect(gateway.mishaps.storedUploads).to.equal(1);
    expect(gateway.log.filter((line) => line.level === 'error')).to.deep.equal([]);
  });

  it('clients that break off while the store is slow to answer: their places are free again', async () => {
    gateway.mishaps.isHanging = true;
    const leaving = [0, 1].map(() => raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 50000', '', 'xxx'));
    await gateway.until(async () => gateway.mishaps.hanging === 2);
    for (const connection of leaving) connection.close();
    await gateway.until(async () => gateway.api.inFlight === 0);
    gateway.mishaps.goOn();
    await gateway.until(async () => (await send('a\n')).status === 201);
    expect(gateway.mishaps.storedUploads).to.equal(1);
  });

  it('more uploads at once than the limit: 503 with Retry-After for the next', async () => {
    for (let round = 0; round < 2; round += 1) raw().send('POST /v1/uploads HTTP/1.1', 'Host: x', 'Content-Length: 50000', '', 'xxx');
    await gateway.until(async () => (await send('a\n')).status === 503);
    const answer = await send('a\n');
    expect(answer.headers.get('retry-after')).to.equal('10');
    expect(await body(answer)).to.include({ code: 'overloaded' });
  });

  for (const query of [
    '?filename=',
    '?filename=a%2Fb',
    '?filename=a%00b',
    `?filename=${'x'.repeat(256)}`,
    '?name=x',
    '?filename=a&filename=b',
  ]) {
    it(`the query ${query.slice(0, 30)}: 400`, async () => expect((await send('a\n', 'text/csv', query)).status).to.equal(400));
  }

  it('an unknown upload, and one of another tenant: 404', async () => {
    expect((await gateway.get('/v1/uploads/nothing-here')).status).to.equal(404);
    const id = await gateway.uploadAs('someone-else');
    expect((await gateway.get(`/v1/uploads/${id}`)).status).to.equal(404);
    const answer = await gateway.post('/generate-file', { input: { upload_id: id } });
    expect(await body(answer)).to.include({ status: 422, code: 'unknown_upload' });
  });

  it('a failed job whose upload is gone: no retry', async () => {
    const { upload_id } = (await body(await send('a\n1\n'))) as { upload_id: string };
    const id = await gateway.submit({ input: { upload_id } });
    await gateway.claim(id);
    await gateway.die(id, { code: 'stage_timeout', message: 'Process 1 timed out', errorClass: 'timeout' });
    expect(await body(await gateway.get(`/jobs/${id}/status`))).to.include({ retry_available: true });
    gateway.mishaps.forgottenUploads.add(upload_id);
    expect(await body(await gateway.get(`/jobs/${id}/status`))).to.include({ retry_available: false });
    const answer = await gateway.post(`/jobs/${id}/retry`);
    expect(answer.status).to.equal(409);
    expect((await body(answer))['detail']).to.contain('not stored any more');
  });
});
