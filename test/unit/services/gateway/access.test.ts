import { expect } from 'chai';
import { problem as problemSchema } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';
import { SocketClient } from './socket-client.ts';

const body = async (answer: Response) => (await answer.json()) as Record<string, unknown>;
const REPORT = { type: 'report', input: { rows: ROWS } };
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const NEVER_MADE = `pk_0123456789abcdef_${'A'.repeat(43)}`;

describe('the gateway, with API keys', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture({ auth: 'keys' }).start();
  });
  afterEach(() => gateway.stop());

  const list = (headers: Record<string, string>) => gateway.get('/v1/jobs', headers);
  const idOf = (key: string) => key.split('_')[1]!;

  it('a key in Authorization or X-API-Key, opens; the scheme in any case', async () => {
    const key = await gateway.key(['read']);
    for (const headers of [
      bearer(key),
      { authorization: `bearer ${key}` },
      { 'x-api-key': key },
      { 'x-api-key': key, authorization: 'Basic x' },
    ] as Record<string, string>[]) {
      expect((await list(headers)).status, JSON.stringify(Object.keys(headers))).to.equal(200);
    }
  });

  it('no key, is 401 that says how to send one; public paths need none', async () => {
    const answer = await list({});
    expect(answer.status).to.equal(401);
    expect(answer.headers.get('www-authenticate')).to.equal('Bearer realm="jobline"');
    expect(problemSchema.parse(await answer.json())).to.include({ code: 'unauthorized', type: '/errors/unauthorized' });
    for (const path of ['/', '/openapi.json', '/livez', '/readyz', '/errors/unauthorized'])
      expect((await gateway.get(path)).status).to.equal(200);
  });

  it('keys that do not open, whatever the reason: one answer', async () => {
    const expired = await gateway.key(['read'], { expireAt: new Date(Date.now() - 1) });
    const revoked = await gateway.key(['read']);
    await gateway.keys.revoke(idOf(revoked));
    const good = await gateway.key(['read']);
    const answers = await Promise.all(
      [
        bearer(expired),
        bearer(revoked),
        bearer(NEVER_MADE),
        bearer('pk_x'),
        bearer(`${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`),
        bearer(`${good}x`),
        { authorization: `Basic ${good}` },
        { 'x-api-key': '' },
        { authorization: 'Bearer' },
      ].map((headers) => list(headers as Record<string, string>)),
    );
    const seen = new Set<string>();
    for (const answer of answers) {
      const { trace_id: _, ...problem } = await body(answer);
      seen.add(JSON.stringify([answer.status, answer.headers.get('www-authenticate'), problem]));
    }
    expect([...seen]).to.have.length(1);
    expect([...seen][0])
      .to.contain('401')
      .and.to.contain('invalid_token');
  });

  it('a scope that is missing, is 403 that names it; the idempotency key is not used up by 401 and 403', async () => {
    const key = { 'idempotency-key': '"k"' };
    const reader = await gateway.key(['read', 'cancel', 'admin']);
    const refused = await gateway.post('/v1/jobs', REPORT, { ...bearer(reader), ...key });
    expect(refused.status).to.equal(403);
    expect(refused.headers.get('www-authenticate')).to.contain('error="insufficient_scope", scope="submit"');
    expect(await body(refused)).to.include({ code: 'insufficient_scope', required_scope: 'submit' });
    expect((await gateway.post('/v1/jobs', REPORT, key)).status).to.equal(401);
    const submitter = await gateway.key(['submit']);
    const accepted = await gateway.post('/v1/jobs', { ...REPORT, options: { limit: 1 } }, { ...bearer(submitter), ...key });
    expect(accepted.status).to.equal(202);
    expect(accepted.headers.get('idempotent-replayed')).to.equal(null);
  });

  it('the same idempotency key of two tenants, is two jobs', async () => {
    const ids = await Promise.all(
      ['acme', 'other'].map(async (tenant) => {
        const headers = { ...bearer(await gateway.key(['submit'], { tenant })), 'idempotency-key': 'same' };
        return (await body(await gateway.post('/v1/jobs', REPORT, headers)))['job_id'] as string;
      }),
    );
    expect(ids[0]).not.to.equal(ids[1]);
    expect((await gateway.recordOf(ids[0]!)).tenant).to.equal('acme');
  });

  it('a batch and an upload, belong to the tenant of the key', async () => {
    const acme = bearer(await gateway.key(['submit', 'read'], { tenant: 'acme' }));
    const other = bearer(await gateway.key(['submit', 'read'], { tenant: 'other' }));
    const upload = await fetch(gateway.url('/v1/uploads'), {
      method: 'POST',
      body: 'a,b\n',
      headers: { ...acme, 'content-type': 'text/csv' },
    });
    const { upload_id } = await body(upload);
    expect((await gateway.get(`/v1/uploads/${upload_id}`, other)).status).to.equal(404);
    const job = { type: 'report', input: { upload_id } };
    expect((await gateway.post('/v1/jobs', job, other)).status).to.equal(422);
    const jobs = [job, REPORT];
    const batch = async (headers: Record<string, string>) =>
      ((await body(await gateway.post('/v1/jobs:batch', { jobs }, headers)))['results'] as { status: number; job_id: string }[]).map(
        ({ status }) => status,
      );
    expect(await batch(acme)).to.deep.equal([202, 202]);
    expect(await batch(other)).to.deep.equal([422, 202]);
    expect((await body(await gateway.get('/v1/jobs', other)))['jobs']).to.have.length(1);
  });

  it('a refused upload that waits for 100 Continue, is not asked to send its body', async () => {
    const answer = await fetch(gateway.url('/v1/uploads'), { method: 'POST', body: 'a,b\n', headers: { 'content-type': 'text/csv' } });
    expect(answer.status).to.equal(401);
    expect(gateway.mishaps.storedUploads).to.equal(0);
  });

  it('many requests with one key, ask the store once; unknown keys too', async () => {
    const key = await gateway.key(['read']);
    await Promise.all(Array.from({ length: 20 }, () => list(bearer(key))));
    await Promise.all(Array.from({ length: 20 }, () => list(bearer(NEVER_MADE))));
    expect(gateway.keyRecords.reads).to.equal(2);
  });

  it('revoked, is refused within 5 s, and works up to then at most', async () => {
    const key = await gateway.key(['read']);
    expect((await list(bearer(key))).status).to.equal(200);
    await gateway.keys.revoke(idOf(key));
    const startedAtMs = performance.now();
    await gateway.until(async () => (await list(bearer(key))).status === 401);
    expect(performance.now() - startedAtMs).to.be.below(5_000);
  }).timeout(15_000);

  it('revoked while it listens, ends the stream and the WebSocket within 5 s; another key goes on listening', async () => {
    const id = await gateway.submitAs('default');
    const [key, other] = [await gateway.key(['read']), await gateway.key(['read'])];
    const stream = await gateway.get(`/v1/jobs/${id}/events`, bearer(key));
    const [socket, remaining] = await Promise.all(
      [key, other].map((one) => SocketClient.open(gateway.url('/v1/ws'), { headers: bearer(one) })),
    );
    await gateway.keys.revoke(idOf(key));
    const startedAtMs = performance.now();
    expect(await stream.text()).to.match(/"QUEUED"/);
    expect(await socket!.untilClosed()).to.deep.equal({ code: 1008, reason: 'the API key is not valid any more' });
    expect(performance.now() - startedAtMs).to.be.below(5_500);
    expect(remaining!.closed).to.equal(undefined);
    remaining!.socket.terminate();
  }).timeout(15_000);

  it('the store away, is 503 for a key that is not known now, and never 401', async () => {
    const key = await gateway.key(['read']);
    gateway.mishaps.isAway = true;
    const answer = await list(bearer(key));
    expect([answer.status, (await body(answer))['code']]).to.deep.equal([503, 'store_unavailable']);
    gateway.mishaps.isAway = false;
    await gateway.until(async () => (await list(bearer(key))).status === 200);
  });

  it('uses, are written with the next writing of uses', async () => {
    const key = await gateway.key(['read']);
    await list(bearer(key));
    await Promise.all(gateway.access.services.map((service) => service.stop()));
    expect((await gateway.keyRecords.read(idOf(key)))!.lastUsedAt).to.be.instanceOf(Date);
  });

  it('a batch whose key is revoked while it is sent, ends: what comes later is refused line by line', async () => {
    const key = await gateway.key(['submit']);
    const line = `${JSON.stringify(REPORT)}\n`;
    let isOver = false;
    const lines = new ReadableStream<Uint8Array>({
      async pull(controller) {
        controller.enqueue(new TextEncoder().encode(line));
        await new Promise((resolve) => setTimeout(resolve, 50));
        if (isOver) controller.close();
      },
    });
    const answer = await fetch(gateway.url('/v1/jobs:batch'), {
      method: 'POST',
      body: lines,
      duplex: 'half',
      headers: { ...bearer(key), 'content-type': 'application/x-ndjson' },
    } as RequestInit);
    expect(answer.status).to.equal(200);
    await gateway.keys.revoke(idOf(key));
    let text = '';
    for await (const chunk of answer.body!) {
      text += new TextDecoder().decode(chunk);
      if (text.includes('"status":401')) isOver = true;
    }
    const statuses = text
      .trimEnd()
      .split('\n')
      .map((one) => (JSON.parse(one) as { status: number }).status);
    expect([statuses[0], statuses.at(-1)]).to.deep.equal([202, 401]);
    expect(await gateway.jobCount()).to.equal(statuses.filter((status) => status === 202).length);
  }).timeout(20_000);
});

describe('the gateway, without keys', () => {
  let gateway: GatewayFixture;
  before(async () => {
    gateway = await new GatewayFixture().start();
  });
  after(() => gateway.stop());

  it('asks nobody, whatever is sent, and its OpenAPI document speaks of no keys', async () => {
    for (const headers of [{}, bearer('pk_x'), { 'x-api-key': 'x' }] as Record<string, string>[]) {
      expect((await gateway.get('/v1/jobs', headers)).status).to.equal(200);
    }
    const document = (await (await gateway.get('/openapi.json')).json()) as { paths: Record<string, unknown> };
    // Their 403 is about the origin of a page, and about a link.
    const { '/v1/ws': _, '/v1/downloads/{job_id}/{name}': __, ...paths } = document.paths;
    expect(JSON.stringify({ ...document, paths })).not.to.match(/securitySchemes|"security"|"401"|"403"/);
  });
});
