import { expect } from 'chai';
import { explanation } from '../../../../shared/schema/explanation.ts';
import { jobStatus } from '../../../../shared/schema/job-responses.ts';
import { GatewayFixture } from './gateway-fixture.ts';

describe('the gateway, explaining a job', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  async function explain(id: string, path = '/v1/jobs/') {
    const answer = await gateway.get(`${path}${id}/explain`);
    expect(answer.status).to.equal(200);
    return explanation.parse(await answer.json());
  }

  it('a queued job without any worker: no live consumer, with the figures of its queue; the plain path says the same', async () => {
    const id = await gateway.submit();
    const { status, summary, reasons } = await explain(id);
    expect(status).to.equal('QUEUED');
    expect(summary).to.contain('no worker consumes its queue jobline.p1.standard');
    expect(reasons[0]).to.deep.include({ code: 'no_live_consumer' });
    expect(reasons[0]!.evidence).to.include({ stage: 'p1', lane: 'standard', messages_ready: 1, messages_unacked: 0, consumers: 0 });
    expect((await explain(id, '/jobs/')).summary).to.equal(summary);
  });

  it('a worker that reports: waits for its turn', async () => {
    await gateway.store.reportQueues([{ queue: 'jobline.p1.standard', consumer: 'w' }]);
    expect((await explain(await gateway.submit())).reasons.map(({ code }) => code)).to.deep.equal(['waiting_for_turn']);
  });

  it('RabbitMQ away: its doorbell is owed, and its figures are left out', async () => {
    await gateway.store.reportQueues([{ queue: 'jobline.p1.standard', consumer: 'w' }]);
    gateway.bus.queueDepths = () => Promise.reject(new Error('away'));
    gateway.bus.isConnected = false;
    const { reasons } = await explain(await gateway.submit());
    expect(reasons[0]!.code).to.equal('broker_away');
    expect(reasons[0]!.evidence).not.to.have.property('messages_ready');
  });

  it('a management API that does not answer: explained all the same within its time, and asked once for many', async () => {
    let asked = 0;
    gateway.bus.queueDepths = () => {
      asked += 1;
      return new Promise(() => {});
    };
    const id = await gateway.submit();
    const all = await Promise.all(Array.from({ length: 20 }, () => explain(id)));
    expect(all).to.have.length(20);
    expect(asked).to.equal(1);
  });

  it('a running job, then a failed one: the holder, and whether a retry can help', async () => {
    const id = await gateway.submit();
    await gateway.claim(id);
    const running = await explain(id);
    expect(running.reasons[0]!.evidence).to.include({ owner: 'test', attempt: 1, max_attempts: 3 });
    await gateway.die(id, { code: 'stage_timeout', message: 'Process 1 timed out', errorClass: 'timeout' });
    const failed = await explain(id);
    expect(failed.reasons.map(({ code }) => code)).to.deep.equal(['failed', 'retry_available']);
    expect(failed.reasons[0]!.evidence).to.include({ error_code: 'stage_timeout', retry_available: true });
  });

  it('a completed job: durations by stage', async () => {
    const { reasons } = await explain(await gateway.completed());
    expect(reasons[0]!.evidence!.stages!.map(({ stage }) => stage)).to.deep.equal(['p1', 'p2']);
  });

  it("another tenant's job, and one that there is not: 404; a type that this gateway does not know: explained", async () => {
    expect((await gateway.get(`/v1/jobs/${await gateway.submitAs('someone-else')}/explain`)).status).to.equal(404);
    expect((await gateway.get('/jobs/0198c2a0-0000-7000-8000-000000000000/explain')).status).to.equal(404);
    expect((await explain(await gateway.submitAs('default', 'retired-type'))).status).to.equal('QUEUED');
  });
});

describe('the gateway, telling where a job is and when it will have ended', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const statusOf = async (id: string) => jobStatus.parse(await (await gateway.get(`/jobs/${id}/status`)).json());

  it('queued jobs: their places, soon after somebody has asked; explain tells them too; a running job has none', async () => {
    const ids = [await gateway.submit(), await gateway.submit()];
    await gateway.until(async () => (await statusOf(ids[0]!)).queue_position === 1);
    expect((await statusOf(ids[1]!)).queue_position).to.equal(2);
    const { reasons } = explanation.parse(await (await gateway.get(`/v1/jobs/${ids[1]}/explain`)).json());
    expect(reasons.at(-1)!.message).to.contain('at position 2 of lane standard');
    await gateway.claim(ids[0]!);
    expect(await statusOf(ids[0]!)).to.not.have.any.keys('queue_position');
  });

  it('once others have completed: an expected end, the p90 not before the p50; GET /admin/v1/eta tells what came of it', async () => {
    for (let n = 0; n < 3; n += 1) await gateway.completed();
    const id = await gateway.submit();
    await gateway.until(async () => (await statusOf(id)).eta !== undefined);
    const { eta } = await statusOf(id);
    expect(new Date(eta!.p90).getTime()).to.be.at.least(new Date(eta!.p50).getTime());
    expect(explanation.parse(await (await gateway.get(`/v1/jobs/${id}/explain`)).json())).to.have.property('eta');
    for (let stage = 0; stage < 2; stage += 1) {
      await gateway.claim(id);
      await gateway.commit(id);
    }
    expect(await statusOf(id)).to.not.have.any.keys('eta', 'queue_position');
    const told = (await (await fetch(gateway.adminUrl('/admin/v1/eta'))).json()) as { ended: Record<string, number>; remembered: number };
    expect(Object.values(told.ended).reduce((sum, count) => sum + count, 0)).to.equal(1);
    expect(told.remembered).to.equal(0);
  });
});
