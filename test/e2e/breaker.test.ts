import { expect } from 'chai';
import { chargedAttempts } from '../support/charged-attempts.ts';
import { eventually } from '../support/eventually.ts';
import { MoodyEndpoint } from '../support/moody-endpoint.ts';
import { TestSystem } from '../support/test-system.ts';

const THRESHOLD = 4;

interface BreakerView {
  readonly state: string;
  readonly next_probe_at?: string;
  readonly trips: number;
  readonly history?: readonly { readonly to: string; readonly by?: string }[];
}

describe('Jobs that need an endpoint', function () {
  this.timeout(90_000);
  let system: TestSystem;
  let endpoint: MoodyEndpoint;
  let breaker: string;

  before(async () => {
    endpoint = new MoodyEndpoint();
    const base = await endpoint.start();
    breaker = `/admin/v1/breakers/${encodeURIComponent(new URL(base).host)}`;
    system = await TestSystem.start({
      env: {
        HTTP_ENDPOINTS: JSON.stringify({ cut: { p1: `${base}/cut`, timeout_ms: 2_000 } }),
        ...{ BREAKER_FAILURES: String(THRESHOLD), BREAKER_PROBE_MS: '500', BREAKER_PROBE_MAX_MS: '1000' },
      },
      scale: { 'p1-worker': 2 },
    });
  });
  after(async () => {
    await system?.stop();
    endpoint.stop();
  });
  beforeEach(() => {
    endpoint.got.length = 0;
  });

  const view = async () => (await system.request<BreakerView>('GET', breaker)).body;
  const submitSome = (count: number) =>
    Promise.all(
      Array.from({ length: count }, async (_, n) => {
        const { status, body } = await system.request('POST', '/v1/jobs', { type: 'http', input: { endpoint: 'cut', payload: { n } } });
        expect(status).to.equal(202);
        return body['job_id'] as string;
      }),
    );

  it('while it fails, with two workers: costs no attempts beyond the threshold, and all end by themselves once it is well', async () => {
    const before = await chargedAttempts(system.db, 'http');
    endpoint.mood = 'failing';
    const ids = await submitSome(40);
    await eventually('its breaker is open', async () => (await view()).state !== 'closed', 20_000);
    const late = await submitSome(5);
    await eventually('a job says why it waits', async () => {
      const { body } = await system.request<{ summary: string }>('GET', `/v1/jobs/${late[0]}/explain`);
      return /whose breaker is open for .+(the next probe is at|one job asks it now)/.test(body.summary);
    });
    // Two probes at least have failed by then.
    const probes = endpoint.got.length + 2;
    await eventually('it is probed', async () => endpoint.got.length >= probes, 20_000);
    expect((await chargedAttempts(system.db, 'http')) - before).to.equal(THRESHOLD);
    endpoint.mood = 'well';
    expect(await system.untilAllEnded([...ids, ...late], 30_000)).to.deep.equal({ COMPLETED: 45 });
    expect((await chargedAttempts(system.db, 'http')) - before).to.equal(THRESHOLD);
    expect((await view()).history!.slice(0, 2).map(({ to }) => to)).to.deep.equal(['closed', 'open']);
    const keys = new Set(endpoint.got.map(({ headers }) => headers['idempotency-key']));
    expect(keys.size).to.equal(45);
  });

  it('opened by hand: is not asked, and asked at once when it is closed', async () => {
    const opened = await system.request<BreakerView>('POST', `${breaker}/open`, { reason: 'it moves', for_seconds: 600 });
    expect([opened.status, opened.body.state]).to.deep.equal([200, 'open']);
    const workers = system.system.processes.filter(({ service }) => service === 'p1-worker');
    await eventually('both workers know', async () => {
      const pages = await Promise.all(
        workers.map(async ({ healthPort }) => (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text()),
      );
      return pages.every((page) => /^jobline_breaker_state\{.*\} 2$/m.test(page));
    });
    const [id] = await submitSome(1);
    await eventually('it waits for it', async () => {
      const { body } = await system.request<{ summary: string }>('GET', `/v1/jobs/${id}/explain`);
      return body.summary.includes('by operator, because: it moves');
    });
    expect((await system.request('POST', `${breaker}/close`, { reason: 'it has moved' })).status).to.equal(200);
    expect(await system.until(id!, ['COMPLETED'], 20_000)).to.include({ progress: 100 });
    const outputs = await system.request<{ outputs: readonly { name: string }[] }>('GET', `/v1/jobs/${id}/outputs`);
    expect(outputs.body.outputs.map(({ name }) => name)).to.deep.equal(['answer-p1.json']);
  });
});
