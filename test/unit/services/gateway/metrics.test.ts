import { expect } from 'chai';
import { eventually } from '../../../support/eventually.ts';
import { ParsedMetrics } from '../../../support/parsed-metrics.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

describe('metrics of the gateway', () => {
  let gateway: GatewayFixture;

  beforeEach(async () => {
    gateway = await new GatewayFixture({ maxWaitingJobs: 2 }).start();
  });
  afterEach(() => gateway.stop());

  const scrape = async () => new ParsedMetrics(await (await fetch(gateway.adminUrl('/metrics'))).text());
  /** An answer is counted when its response closes, a moment after the client has read it. */
  async function until(what: string, name: string, labels: Record<string, string>, value: number): Promise<ParsedMetrics> {
    let last = await scrape();
    await eventually(what, async () => (last = await scrape()).value(name, labels) === value);
    return last;
  }

  it('GET and HEAD /metrics of the control plane: answer with the type of the format asked for; the public API has no such path', async () => {
    const text = await fetch(gateway.adminUrl('/metrics'));
    expect([text.status, text.headers.get('content-type')]).to.deep.equal([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const open = await fetch(gateway.adminUrl('/metrics'), { headers: { accept: 'application/openmetrics-text; version=1.0.0' } });
    expect(open.headers.get('content-type')).to.equal('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect((await fetch(gateway.adminUrl('/metrics'), { method: 'HEAD' })).status).to.equal(200);
    expect((await gateway.get('/metrics')).status).to.equal(404);
  });

  it('submissions: are counted as accepted, repeated, or by the code of their refusal', async () => {
    const body = { type: 'report', input: { rows: ROWS } };
    const key = { 'Idempotency-Key': '"one"' };
    for (const headers of [key, key]) expect((await gateway.post('/v1/jobs', body, headers)).status).to.equal(202);
    expect((await gateway.post('/generate-file', { input: { rows: ROWS } })).status).to.equal(503);
    expect((await gateway.post('/v1/jobs', { type: 'nothing', input: {} })).status).to.equal(422);
    const seen = await until('all to be counted', 'jobline_submissions_total', {}, 4);
    for (const result of ['accepted', 'repeated', 'overloaded', 'invalid_request']) {
      expect(seen.value('jobline_submissions_total', { result }), result).to.equal(1);
    }
    expect(seen.value('jobline_http_problems_total', { listener: 'api', code: 'overloaded' })).to.equal(1);
  });

  it('requests: are counted by the route as declared, whatever the path, the method or the id', async () => {
    const id = await gateway.submit();
    for (const path of [`/jobs/${id}/status`, `/jobs/${'0'.repeat(8)}-0000-0000-0000-000000000000/status`, '/nothing', '/etc/passwd']) {
      await gateway.get(path);
    }
    const raw = new RawConnection(gateway.api.port).send('PROPFIND /v1/jobs HTTP/1.1', 'Host: x', '', '');
    expect((await raw.answer()).status).to.equal(405);
    raw.close();
    const seen = await until('all to be counted', 'jobline_http_requests_total', { listener: 'api' }, 6);
    const rows = seen.all('jobline_http_requests_total', { listener: 'api' });
    expect(rows.map(({ labels: { method, route, status }, value }) => `${method} ${route} ${status} ${value}`)).to.have.members([
      'POST /v1/jobs 202 1',
      'GET /jobs/:job_id/status 200 1',
      'GET /jobs/:job_id/status 404 1',
      'GET none 404 2',
      'other none 405 1',
    ]);
    expect(seen.value('jobline_http_request_duration_seconds_count', { listener: 'api' })).to.equal(6);
  });
});
