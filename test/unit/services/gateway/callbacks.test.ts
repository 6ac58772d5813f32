import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { markEvent } from '../../../../shared/domain/transitions.ts';
import { oweCallbacks } from '../../../../shared/jobs/owe-callbacks.ts';
import { callbackSecrets, deliveryList } from '../../../../shared/schema/callback.ts';
import { jobResource } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

const URL_OK = 'https://hooks.example.com/jobline?x=1';
const job = (callback: unknown) => ({ type: 'report', input: { rows: ROWS }, callback });

describe('the gateway, given callbacks', () => {
  let gateway: GatewayFixture;
  before(async () => {
    gateway = await new GatewayFixture().start();
  });
  after(() => gateway.stop());

  it('a job with one: shows it, and where its deliveries are', async () => {
    const id = await gateway.submit({ callback: { url: URL_OK, events: ['failed'] } });
    const shown = jobResource.parse(await (await gateway.get(`/v1/jobs/${id}`)).json());

    expect(shown.callback).to.deep.equal({ url: URL_OK, events: ['failed'] });
    expect(shown.links['deliveries']).to.equal(`/v1/jobs/${id}/deliveries`);
    expect(await (await gateway.get(`/v1/jobs/${id}/deliveries`)).json()).to.deep.equal({ deliveries: [] });
    expect((await gateway.recordOf(id)).callback).to.deep.equal({ url: URL_OK, events: ['failed'] });
  });

  for (const [callback, pointer, detail] of [
    [{ url: 'http://hooks.example.com/' }, '/callback/url', 'must be https'],
    [{ url: 'https://127.0.0.1/' }, '/callback/url', 'must lead to a public address; 127.0.0.1 is loopback'],
    [{ url: 'https://0x7f.1/' }, '/callback/url', 'must lead to a public address; 127.0.0.1 is loopback'],
    [{ url: 'https://localhost/' }, '/callback/url', 'must name a public host in full, e.g. hooks.example.com'],
    [{ url: 'https://hooks.example.com:22/' }, '/callback/url', 'must not name the port 22'],
    [{ url: 'https://a:b@hooks.example.com/' }, '/callback/url', 'must not have a user name or password'],
    [{ url: URL_OK, events: [] }, '/callback/events', undefined],
    [{ url: URL_OK, events: ['done'] }, '/callback/events/0', undefined],
    [{ url: URL_OK, events: ['failed', 'failed'] }, '/callback/events', 'must not have an event twice'],
    [{ url: URL_OK, secret: 'x' }, '/callback/secret', undefined],
    [URL_OK, '/callback', undefined],
  ] as const) {
    it(`${JSON.stringify(callback)}: 422 at ${pointer}, alone and in a batch`, async () => {
      const answer = await gateway.post('/v1/jobs', job(callback));
      const { errors } = (await answer.json()) as { errors: { pointer: string; detail: string }[] };
      expect(answer.status).to.equal(422);
      expect(errors[0]!.pointer).to.equal(pointer);
      if (detail !== undefined) expect(errors[0]!.detail).to.equal(detail);
      const batch = (await (await gateway.post('/v1/jobs:batch', { jobs: [job(callback)] })).json()) as { results: { status: number }[] };
      expect(batch.results.map(({ status }) => status)).to.deep.equal([422]);
    });
  }

  it('a repeat with the same key and another callback: is another request', async () => {
    const headers = { 'idempotency-key': 'callback-1' };
    expect((await gateway.post('/v1/jobs', job({ url: URL_OK }), headers)).status).to.equal(202);
    expect((await gateway.post('/v1/jobs', job({ url: URL_OK }), headers)).status).to.equal(202);
    expect((await gateway.post('/v1/jobs', job({ url: `${URL_OK}2` }), headers)).status).to.equal(422);
  });

  it('deliveries: are told with their attempts, and go with the job', async () => {
    const id = await gateway.submit({ callback: { url: URL_OK } });
    await gateway.post(`/v1/jobs/${id}/cancel`);
    const record = await gateway.recordOf(id);
    await oweCallbacks(gateway.deliveries, [{ ...record, seq: record.evt!.seq }]);
    const [due] = await gateway.deliveries.due(1, []);
    const taken = (await gateway.deliveries.take(due!, 'c', 1_000))!;
    await gateway.deliveries.settle(taken, { at: new Date(), tookMs: 4, reason: 'The connection was refused.' }, { state: 'dead' });

    const { deliveries } = deliveryList.parse(await (await gateway.get(`/v1/jobs/${id}/deliveries`)).json());
    expect(deliveries).to.have.length(1);
    expect(deliveries[0]).to.include({
      delivery_id: `${id}:1`,
      event: 'canceled',
      url: URL_OK,
      state: 'dead',
      attempts: 1,
      reason: 'The connection was refused.',
    });
    const { seq } = record.evt!;
    await gateway.store.apply([id], markEvent(seq));
    expect((await fetch(gateway.url(`/v1/jobs/${id}`), { method: 'DELETE' })).status).to.equal(204);
    expect(await gateway.deliveries.ofJob('default', id)).to.deep.equal([]);
    expect((await gateway.get(`/v1/jobs/${id}/deliveries`)).status).to.equal(404);
  });

  it('the secrets: check what was signed, by Standard Webhooks, each tenant its own', async () => {
    const { secrets } = callbackSecrets.parse(await (await gateway.get('/v1/callback-secrets')).json());
    const { callbackSigner } = gateway.deps;
    const signer = callbackSigner as typeof callbackSigner & {
      headersOf(tenant: string, id: string, body: string, at: Date): Promise<Record<string, string>>;
    };
    const headers = await signer.headersOf('default', 'a:1', '{"é":1}', new Date(1_700_000_000_500));

    expect(secrets.map(({ kid }) => kid)).to.deep.equal(['new', 'old']);
    const expected = secrets.map(({ secret }) => {
      const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
      expect(key).to.have.length(32);
      return `v1,${createHmac('sha256', key).update('a:1.1700000000.{"é":1}').digest('base64')}`;
    });
    expect(headers).to.deep.equal({ 'webhook-id': 'a:1', 'webhook-timestamp': '1700000000', 'webhook-signature': expected.join(' ') });
    expect(await callbackSigner.secretsOf('other')).not.to.deep.equal(secrets);
  });
});
