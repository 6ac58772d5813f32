import { expect } from 'chai';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

const PAGE = 'https://app.example.com';
const STRANGER = 'https://evil.example';
const ALLOW_ORIGIN = 'access-control-allow-origin';
/** Those that Fetch shows to any page ("CORS-safelisted response-header name"), and those that concern the connection alone. */
const SHOWN_ANYWAY = ['cache-control', 'content-language', 'content-length', 'content-type', 'expires', 'last-modified', 'pragma'];
const FOR_BROWSER_ONLY =
  /^(access-control-|connection$|date$|keep-alive$|transfer-encoding$|vary$|x-content-type-options$|content-security-policy$|referrer-policy$|cross-origin-)/;
const corsOf = (answer: Response) => [...answer.headers.keys()].filter((name) => name.startsWith('access-control-'));
const words = (text: string | null) => (text ?? '').split(', ').map((word) => word.toLowerCase());

describe('the API, used by a page of another origin', () => {
  let gateway: GatewayFixture;
  before(async () => {
    const rateLimit = { perSecond: 1_000, burst: 1_000 };
    gateway = await new GatewayFixture({ auth: 'keys', rateLimit, limits: { corsOrigins: [PAGE] } }).start();
  });
  after(() => gateway.stop());

  const preflight = (path: string, origin: string, method = 'POST') =>
    fetch(gateway.url(path), {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type' },
    });

  it('a preflight of an allowed origin: without a key told the methods of the path and the headers that the API reads', async () => {
    const answer = await preflight('/v1/jobs', PAGE);
    expect(answer.status).to.equal(204);
    expect(answer.headers.get(ALLOW_ORIGIN)).to.equal(PAGE);
    expect(words(answer.headers.get('access-control-allow-methods'))).to.have.members(['get', 'head', 'post', 'options']);
    expect(words(answer.headers.get('access-control-allow-headers'))).to.include.members([
      ...['authorization', 'x-api-key', 'content-type', 'idempotency-key', 'if-match', 'last-event-id', 'prefer', 'range'],
    ]);
    expect(answer.headers.get('access-control-max-age')).to.equal('600');
    expect(words(answer.headers.get('vary'))).to.include.members([
      'origin',
      'access-control-request-method',
      'access-control-request-headers',
    ]);
    expect(corsOf(answer)).not.to.include('access-control-allow-credentials');
  });

  for (const origin of [STRANGER, 'null', `${PAGE}:8443`, `${PAGE}.evil.example`, PAGE.replace('https', 'http'), '*', `${PAGE}/`]) {
    it(`the origin ${origin}: is told nothing, in a preflight and after it`, async () => {
      expect(corsOf(await preflight('/v1/jobs', origin))).to.deep.equal([]);
      const answer = await gateway.get('/v1/jobs', { origin, authorization: `Bearer ${await gateway.key()}` });
      expect([answer.status, corsOf(answer), words(answer.headers.get('vary'))]).to.deep.equal([200, [], ['origin']]);
    });
  }

  it('a request without an Origin: no CORS headers, but a cache is told that there may be', async () => {
    const answer = await gateway.get('/livez');
    expect([corsOf(answer), answer.headers.get('vary')]).to.deep.equal([[], 'Origin']);
  });

  it('refusals: can be read by the page, also that of a missing key, of an unknown path and of a method', async () => {
    for (const [path, status] of [
      ['/v1/jobs', 401],
      ['/nowhere', 404],
    ] as const) {
      const answer = await gateway.get(path, { origin: PAGE });
      expect([answer.status, answer.headers.get(ALLOW_ORIGIN)]).to.deep.equal([status, PAGE]);
    }
    const wrongMethod = await fetch(gateway.url('/v1/jobs'), { method: 'PUT', headers: { origin: PAGE } });
    expect([wrongMethod.status, wrongMethod.headers.get(ALLOW_ORIGIN)]).to.deep.equal([405, PAGE]);
  });

  it('every header of its answers: is exposed, or shown anyway, or meant for the browser alone', async () => {
    const headers = { origin: PAGE, authorization: `Bearer ${await gateway.key()}`, 'idempotency-key': 'cors-1' };
    const file = { name: 'a.csv', mediaType: 'text/csv', content: 'a,b\n1,2\n', audience: 'user' } as const;
    const submission = { type: 'report', input: { rows: ROWS } };
    await gateway.submit({}, { authorization: headers.authorization });
    const answers = [
      await gateway.post('/v1/jobs', submission, headers),
      await gateway.post('/v1/jobs', submission, { ...headers, prefer: 'respond-async' }),
      await gateway.post('/v1/uploads', 'a,b', { ...headers, 'content-type': 'text/csv' }),
      await gateway.get('/v1/jobs?limit=1', headers),
      await gateway.get('/v1/jobs', { origin: PAGE }),
    ];
    const { job_id } = (await answers[0]!.json()) as { job_id: string };
    for (const made of [[], [file]]) {
      await gateway.claim(job_id);
      await gateway.commit(job_id, made);
    }
    answers.push(
      await gateway.get(`/v1/jobs/${job_id}`, headers),
      await gateway.get(`/v1/jobs/${job_id}/outputs/a.csv`, { ...headers, range: 'bytes=0-1' }),
      await gateway.get(`/v1/jobs/${job_id}/events`, headers),
      await gateway.get('/livez', { origin: PAGE }),
    );
    const seen = new Set<string>();
    for (const answer of answers) {
      if (!answer.bodyUsed) await answer.text();
      const exposed = words(answer.headers.get('access-control-expose-headers'));
      const hidden = [...answer.headers.keys()].filter((name) => !FOR_BROWSER_ONLY.test(name) && !SHOWN_ANYWAY.includes(name));
      expect(hidden.filter((name) => !exposed.includes(name) && name !== 'x-accel-buffering')).to.deep.equal([]);
      for (const name of hidden) seen.add(name);
    }
    expect([...seen]).to.include.members([
      ...['location', 'retry-after', 'etag', 'ratelimit', 'ratelimit-policy', 'idempotent-replayed', 'content-range', 'link'],
      ...['repr-digest', 'content-disposition', 'www-authenticate', 'preference-applied', 'x-request-id'],
    ]);
  });

  it('the control plane: gives no page anything', async () => {
    const answer = await fetch(gateway.adminUrl('/livez'), { headers: { origin: PAGE } });
    expect([answer.status, corsOf(answer), answer.headers.get('vary')]).to.deep.equal([200, [], null]);
  });
});

describe('the API, with no origin allowed', () => {
  it('any page: gets no CORS header, and caches no Vary', async () => {
    const gateway = await new GatewayFixture().start();
    try {
      const answer = await gateway.get('/livez', { origin: PAGE });
      expect([answer.status, corsOf(answer), answer.headers.get('vary')]).to.deep.equal([200, [], null]);
    } finally {
      await gateway.stop();
    }
  });
});
