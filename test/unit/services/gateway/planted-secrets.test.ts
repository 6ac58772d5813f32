import { expect } from 'chai';
import { createLogger } from '../../../../shared/runtime/logging.ts';
import { GatewayFixture, PEPPER, ROWS } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

describe('secrets in requests', () => {
  const lines: string[] = [];
  const logger = createLogger({ service: 'gateway', level: 'debug', stream: { write: (line) => void lines.push(line) } });
  let gateway: GatewayFixture;
  let key: string;
  before(async () => {
    gateway = await new GatewayFixture({ auth: 'keys', logger, longestWaitMs: 100 }).start();
    key = await gateway.key(['read', 'admin']);
  });
  after(() => gateway.stop());

  it('sent in every form, right, wrong and misplaced, with the store away and with a fault: stand in no line of the log, at any level', async () => {
    const body = { type: 'report', input: { rows: ROWS } };
    const forms: readonly (() => Promise<unknown>)[] = [
      () => gateway.get('/v1/jobs', { authorization: `Bearer ${key}` }),
      () => gateway.get('/v1/jobs', { authorization: `Basic ${key}` }),
      () => gateway.get('/v1/jobs', { authorization: key }),
      () => gateway.get('/v1/jobs', { 'x-api-key': key }),
      () => gateway.get('/v1/jobs', { cookie: `key=${key}`, authorization: `Bearer ${key}` }),
      () => gateway.get(`/v1/jobs?api_key=${key}`, { authorization: `Bearer ${key}` }),
      () => gateway.get(`/v1/jobs/${key}`, { authorization: `Bearer ${key}` }),
      () => gateway.get(`/${key}`),
      () => gateway.post('/v1/jobs', body, { authorization: `Bearer ${key}` }),
      () => gateway.post('/v1/jobs', { ...body, [key]: key }, { authorization: `Bearer ${key}` }),
      () => gateway.post('/v1/jobs', `{"${key}"`, { authorization: `Bearer ${key}`, 'x-request-id': 'x' }),
      () => gateway.post('/v1/jobs', body, { 'x-request-id': key, authorization: `Bearer ${key}` }),
      () => gateway.post(`/admin/v1/keys/${key}/revoke`, undefined, { authorization: `Bearer ${key}` }),
      () => gateway.post('/admin/v1/keys', { name: key, scopes: ['read'] }, { authorization: `Bearer ${key}` }),
      () => new RawConnection(gateway.api.port).send(`GET /v1/jobs HTTP/1.1`, `Authorization: Bearer ${key}`, '', '').answer(),
    ];
    for (const send of forms) await send();
    gateway.mishaps.surprise = new Error(`a fault that quotes Bearer ${key}`);
    await gateway.get('/v1/jobs', { authorization: `Bearer ${key}` });
    gateway.mishaps.surprise = undefined;
    gateway.mishaps.isAway = true;
    for (const send of forms) await send();
    gateway.mishaps.isAway = false;

    const log = lines.join('');
    expect(lines.length).to.be.above(15);
    expect(log).to.contain('request failed').and.to.contain(key.split('_')[1]);
    expect(log).not.to.contain(key.split('_').slice(2).join('_'));
    expect(log).not.to.contain(PEPPER);
    const entries = JSON.stringify((await gateway.auditLog.list({}, 200)).entries);
    expect(entries).not.to.contain(key.split('_').slice(2).join('_'));
  });
});
