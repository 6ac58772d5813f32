import { expect } from 'chai';
import { markEvent } from '../../../../shared/domain/transitions.ts';
import { jobList } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

const body = async (answer: Response) => (await answer.json()) as Record<string, unknown>;
const FILE = { name: 'r.csv', mediaType: 'text/csv', content: 'x'.repeat(10_000), audience: 'user' } as const;

describe('the gateway, removing and changing jobs', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const remove = (id: string, headers: Record<string, string> = {}) => fetch(gateway.url(`/v1/jobs/${id}`), { method: 'DELETE', headers });
  const tagOf = async (id: string) => (await gateway.get(`/v1/jobs/${id}`)).headers.get('etag')!;

  /** What the scheduler does with the event of its end. */
  async function tell(id: string): Promise<void> {
    const { evt } = await gateway.recordOf(id);
    await gateway.store.apply([id], markEvent(evt!.seq));
  }

  async function ended(): Promise<string> {
    const id = await gateway.completed([FILE]);
    await tell(id);
    return id;
  }

  it('an ended job: 204, and its record, its payload, its outputs and their bytes are gone; again: 404', async () => {
    const id = await ended();
    const { results } = await gateway.recordOf(id);
    const keys = results.map(({ stage, claim }) => ({ jobId: id, stage, claim }));
    const refs = (await gateway.outputs.readOutputs(keys)).flatMap(({ files }) => files.map(({ ref }) => ref));
    const answer = await remove(id);
    expect([answer.status, await answer.text()]).to.deep.equal([204, '']);
    for (const path of ['', '/status', '/outputs', '/outputs/r.csv', '/timeline', '/explain'])
      expect((await gateway.get(`/v1/jobs/${id}${path}`)).status, path).to.equal(404);
    expect(jobList.parse(await (await gateway.get('/v1/jobs')).json()).jobs).to.deep.equal([]);
    expect(await gateway.payloadOf(id)).to.equal(undefined);
    expect(await gateway.outputs.readOutputs(keys)).to.deep.equal([]);
    expect(await gateway.outputs.missingFiles(refs)).to.deep.equal(refs);
    expect((await remove(id)).status).to.equal(404);
  });

  it('its idempotency key: is free, and gives a new job', async () => {
    const key = { 'idempotency-key': 'k' };
    const id = await gateway.submit({}, key);
    await gateway.post(`/v1/jobs/${id}/cancel`);
    await tell(id);
    expect((await remove(id)).status).to.equal(204);
    const again = await gateway.post('/v1/jobs', { type: 'report', input: { rows: ROWS } }, key);
    expect([again.status, again.headers.get('idempotent-replayed')]).to.deep.equal([202, null]);
  });

  it('an active job: 409 that tells to cancel it first, and it goes on', async () => {
    const id = await gateway.submit();
    for (const state of ['QUEUED', 'RUNNING']) {
      const answer = await remove(id);
      expect(answer.status).to.equal(409);
      expect((await body(answer))['detail']).to.equal(`The job is ${state}: cancel it first.`);
      if (state === 'QUEUED') await gateway.claim(id);
    }
    expect((await gateway.recordOf(id)).state).to.equal('RUNNING');
  });

  it('a job whose end was not told yet: 409 with Retry-After, then 204', async () => {
    const id = await gateway.completed();
    const answer = await remove(id);
    expect([answer.status, answer.headers.get('retry-after')]).to.deep.equal([409, '1']);
    await tell(id);
    expect((await remove(id)).status).to.equal(204);
  });

  it("another tenant's job, and no id at all: 404", async () => {
    expect((await remove(await gateway.submitAs('someone-else'))).status).to.equal(404);
    expect((await remove('x')).status).to.equal(404);
  });

  it('If-Match: a tag of before is 412 and changes nothing; the present one and * pass', async () => {
    const id = await gateway.submit();
    const old = await tagOf(id);
    await gateway.claim(id);
    for (const [path, method] of [
      [`/v1/jobs/${id}/cancel`, 'POST'],
      [`/v1/jobs/${id}/retry`, 'POST'],
      [`/v1/jobs/${id}`, 'DELETE'],
    ] as const) {
      for (const tag of [old, `W/${await tagOf(id)}`, 'nonsense']) {
        const answer = await fetch(gateway.url(path), { method, headers: { 'if-match': tag } });
        expect(answer.status, `${method} ${path}`).to.equal(412);
        expect(await body(answer)).to.include({ code: 'precondition_failed' });
      }
    }
    expect((await gateway.recordOf(id)).state).to.equal('RUNNING');
    const current = `"other", ${await tagOf(id)}`;
    expect((await gateway.post(`/v1/jobs/${id}/cancel`, undefined, { 'if-match': current })).status).to.equal(202);
    expect((await gateway.post(`/v1/jobs/${id}/retry`, undefined, { 'if-match': await tagOf(id) })).status).to.equal(202);
    expect((await gateway.post(`/v1/jobs/${id}/cancel`, undefined, { 'if-match': '*' })).status).to.equal(202);
    await tell(id);
    expect((await remove(id, { 'if-match': await tagOf(id) })).status).to.equal(204);
  });

  it('two cancels and a retry at once, all bound to the same tag: one of them is done', async () => {
    const id = await gateway.submit();
    await gateway.post(`/v1/jobs/${id}/cancel`);
    const tag = await tagOf(id);
    const retry = () => gateway.post(`/v1/jobs/${id}/retry`, undefined, { 'if-match': tag });
    const statuses = (await Promise.all([retry(), retry(), retry()])).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202)).to.have.length(1);
    expect(statuses.every((status) => [202, 409, 412].includes(status))).to.equal(true);
    expect((await gateway.recordOf(id)).run).to.equal(1);
  });
});
