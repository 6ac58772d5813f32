import { expect } from 'chai';
import { noteFailure, setByHand } from '../../../../shared/domain/control/breaker.ts';
import { explanation } from '../../../../shared/schema/explanation.ts';
import { GatewayFixture } from './gateway-fixture.ts';

type Json = Record<string, unknown>;

const HOST = 'cut.example.com';
const PATH = `/admin/v1/breakers/${HOST}`;

describe('the control plane: breakers', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const send = (method: string, path: string, body?: unknown) => gateway.operator(method, path, body);
  const trip = async () => {
    const settings = { failures: 1, windowMs: 1_000, probeMs: 60_000, probeMaxMs: 60_000 };
    const failure = { jobs: 1, successes: 0, reason: 'It answered 503.' };
    const { breaker } = noteFailure(undefined, HOST, failure, { settings, now: new Date() });
    await gateway.breakers.swap(breaker);
  };

  it('of a host that is set and has never failed: is closed, and says who needs it', async () => {
    const { breakers } = (await send('GET', '/admin/v1/breakers')).body as { breakers: Json[] };
    expect(breakers).to.have.length(1);
    expect(breakers[0]).to.deep.include({ breaker_id: HOST, state: 'closed', trips: 0, needed_by: [{ type: 'http', stage: 'p1' }] });
  });

  it('that a worker has opened: is shown with its reason, its next probe and its history', async () => {
    await trip();
    const { body } = await send('GET', PATH);
    expect(body).to.include({ state: 'open', reason: 'It answered 503.', trips: 1 });
    expect(Date.parse(body['next_probe_at'] as string) - Date.now()).to.be.within(50_000, 60_000);
    expect((body['history'] as Json[]).map(({ to }) => to)).to.deep.equal(['open']);
  });

  it('opened by hand with an end, and closed: each is a change with who and why', async () => {
    const opened = await send('POST', `${PATH}/open`, { reason: 'it moves', for_seconds: 60 });
    expect([opened.status, opened.body['state'], opened.body['by']]).to.deep.equal([200, 'open', 'operator']);
    expect(opened.body['next_probe_at']).to.equal(opened.body['until']);
    const closed = await send('POST', `${PATH}/close`, { reason: 'it has moved' });
    expect(closed.body).to.include({ state: 'closed', reason: 'it has moved' });
    const history = (await send('GET', PATH)).body['history'] as Json[];
    expect(history.map(({ to, by, reason }) => [to, by, reason])).to.deep.equal([
      ['closed', 'operator', 'it has moved'],
      ['open', 'operator', 'it moves'],
    ]);
  });

  const refused: readonly (readonly [string, string, Json, number, RegExp])[] = [
    ['a host that nobody needs', '/admin/v1/breakers/other.example.com/open', { reason: 'x' }, 404, /other\.example\.com/],
    ['no reason', `${PATH}/open`, {}, 422, /\/reason/],
    ['two ends', `${PATH}/open`, { reason: 'x', for_seconds: 1, until: '2099-01-01T00:00:00Z' }, 422, /\/for_seconds must not be given/],
    ['an end that has passed', `${PATH}/close`, { reason: 'x', until: '2020-01-01T00:00:00Z' }, 422, /\/until must be later than/],
  ];
  for (const [name, path, body, status, says] of refused) {
    it(`${name}: is refused, and nothing is changed`, async () => {
      const answer = await send('POST', path, body);
      expect(answer.status).to.equal(status);
      expect(JSON.stringify(answer.body)).to.match(says);
      expect((await gateway.breakers.list()).breakers).to.deep.equal([]);
    });
  }

  it('a job that waits for it: explain says since when it is open, why, and when the next probe is', async () => {
    const id = '01936f00-0000-7000-8000-000000000001';
    const submitted = await fetch(gateway.url('/v1/jobs'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ type: 'http', input: { endpoint: 'cut', payload: { id } } }),
    });
    const { job_id: jobId } = (await submitted.json()) as { job_id: string };
    const explain = async () => explanation.parse(await (await fetch(gateway.url(`/v1/jobs/${jobId}/explain`))).json());
    expect((await explain()).reasons.map(({ code }) => code)).not.to.include('breaker_open');
    await trip();
    const { summary, reasons } = await explain();
    expect(reasons[0]).to.include({ code: 'breaker_open' });
    expect(reasons[0]!.evidence).to.include({ dependency: HOST, breaker_state: 'open', breaker_reason: 'It answered 503.' });
    expect(summary).to.match(
      /^Process 1 needs cut\.example\.com, whose breaker is open for .+, because: It answered 503; the next probe is at \d{4}-.+Z\.$/,
    );
    await gateway.breakers.swap(
      setByHand((await gateway.breakers.read(HOST)).breaker, HOST, 'closed', { now: new Date(), by: 'ops', reason: 'x' }),
    );
    expect((await explain()).reasons.map(({ code }) => code)).not.to.include('breaker_open');
  });
});
