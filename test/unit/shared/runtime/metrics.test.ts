import { expect } from 'chai';
import { Health } from '../../../../shared/runtime/health.ts';
import { HealthServer } from '../../../../shared/runtime/health-server.ts';
import { ProcessMetrics } from '../../../../shared/runtime/metrics.ts';
import { wantsOpenMetrics } from '../../../../shared/runtime/metrics-format.ts';
import { ParsedMetrics } from '../../../support/parsed-metrics.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { RawConnection } from '../../services/gateway/raw-http.ts';

/** What Prometheus 3 sends. */
const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';
const OPEN = 'application/openmetrics-text';

const scrape = async (metrics: ProcessMetrics, accept?: string) => new ParsedMetrics((await metrics.render(accept)).body);

describe('ProcessMetrics', () => {
  let metrics: ProcessMetrics;
  beforeEach(() => {
    metrics = new ProcessMetrics('p1-worker');
  });

  it('a counter that is read, scraped twice: shows what it is each time, and the service', async () => {
    let claims = 3;
    metrics.read('jobline_claims_total', () => claims);
    expect((await scrape(metrics)).all('jobline_claims_total')).to.deep.equal([
      { name: 'jobline_claims_total', labels: { service: 'p1-worker' }, value: 3 },
    ]);
    claims = 5;
    expect((await scrape(metrics)).value('jobline_claims_total')).to.equal(5);
  });

  it('a gauge without a value now: is declared and has no sample', async () => {
    metrics.read('jobline_fsck_errors', () => undefined);
    const { types, samples } = await scrape(metrics);
    expect([types.get('jobline_fsck_errors'), samples]).to.deep.equal(['gauge', []]);
  });

  it('labels: are escaped, infinity is written as Prometheus writes it', async () => {
    const labels = { stage: 'a"b\\c\nd', lane: 'bulk' };
    metrics.readMany('jobline_backlog_seconds', () => [{ labels, value: Number.POSITIVE_INFINITY }]);
    const { body } = await metrics.render(undefined);
    expect(body).to.contain('jobline_backlog_seconds{stage="a\\"b\\\\c\\nd",lane="bulk",service="p1-worker"} +Inf');
  });

  it('a histogram: has cumulative buckets, inclusive bounds, sum and count a set of labels', async () => {
    const family = metrics.histogram('jobline_inline_batch_bells');
    for (const size of [1, 2, 3, 500, 501]) family.with({}).observe(size);
    const parsed = await scrape(metrics);
    const bucket = (le: string) => parsed.value('jobline_inline_batch_bells_bucket', { le });
    expect(['1', '2', '5', '200', '500', '+Inf'].map(bucket)).to.deep.equal([1, 2, 3, 3, 4, 5]);
    expect(parsed.value('jobline_inline_batch_bells_sum')).to.equal(1_007);
    expect(parsed.value('jobline_inline_batch_bells_count')).to.equal(5);
    expect(parsed.types.get('jobline_inline_batch_bells')).to.equal('histogram');
  });

  it('scraped as OpenMetrics in between: both formats keep the names of counters, and OpenMetrics ends as it must', async () => {
    metrics.addRuntime().read('jobline_claims_total', () => 1);
    for (let round = 0; round < 2; round += 1) {
      const open = await metrics.render(OPEN);
      expect(open.contentType).to.equal('application/openmetrics-text; version=1.0.0; charset=utf-8');
      expect(open.body).to.match(/\n# EOF\n$/);
      const parsed = new ParsedMetrics(open.body);
      expect(parsed.types.get('jobline_claims')).to.equal('counter');
      expect(parsed.value('jobline_claims_total')).to.equal(1);
      const text = await metrics.render('text/plain');
      expect(text.contentType).to.equal('text/plain; version=0.0.4; charset=utf-8');
      const counters = [...new ParsedMetrics(text.body).types].filter(([, type]) => type === 'counter').map(([name]) => name);
      expect(counters).to.include.members(['jobline_claims_total', 'process_cpu_seconds_total']);
      expect(counters.every((name) => name.endsWith('_total'))).to.equal(true);
    }
  });

  it('the same metric added twice: is an error at the start, not two lines', () => {
    metrics.read('jobline_claims_total', () => 1);
    expect(() => metrics.read('jobline_claims_total', () => 2)).to.throw('already been registered');
  });

  it('what prom-client knows of any process: is there, the event loop, memory and garbage collection with it', async () => {
    const { types } = await scrape(metrics.addRuntime());
    const wanted = ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes', 'nodejs_gc_duration_seconds'];
    expect([...types.keys()]).to.include.members(wanted);
  });

  for (const [what, accept, expected] of [
    ['no header', undefined, false],
    ['what Prometheus sends', PROMETHEUS, true],
    ['a browser', 'text/html,application/xhtml+xml,*/*;q=0.8', false],
    ['OpenMetrics refused', `${OPEN};q=0, text/plain`, false],
    ['an old version alone', `${OPEN}; version=0.0.1`, false],
    ['text preferred', `${OPEN};q=0.3, text/plain;q=0.9`, false],
    ['nonsense', ';;q=,,=', false],
  ] as const) {
    it(`Accept, ${what}: ${expected ? 'OpenMetrics' : 'text'}`, () => {
      expect(wantsOpenMetrics(accept)).to.equal(expected);
    });
  }
});

describe('/metrics of the health server', () => {
  let metrics: ProcessMetrics;
  let server: HealthServer;
  const log: { level: string; message: string; fields: object }[] = [];

  beforeEach(async () => {
    metrics = new ProcessMetrics('scheduler');
    const allowedHosts = ['jobs.test'];
    server = new HealthServer({ health: new Health([]), host: '127.0.0.1', port: 0, logger: silentLogger(log), metrics, allowedHosts });
    await server.start();
  });
  afterEach(() => server.stop());

  const ask = (init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}/metrics`, init);

  it('asked before anything is ready: answers, as text and as OpenMetrics', async () => {
    metrics.read('jobline_sample_failures_total', () => 7);
    const text = await ask();
    expect([text.status, text.headers.get('content-type')]).to.deep.equal([200, 'text/plain; version=0.0.4; charset=utf-8']);
    expect(text.headers.get('cache-control')).to.equal('no-store');
    expect(new ParsedMetrics(await text.text()).value('jobline_sample_failures_total')).to.equal(7);
    const open = await ask({ headers: { accept: PROMETHEUS } });
    expect(open.headers.get('content-type')).to.match(/^application\/openmetrics-text; version=1.0.0/);
  });

  it('called by a name that is not its own, as a page that rebound its name would: 421, and no figure is shown', async () => {
    metrics.read('jobline_sample_failures_total', () => 7);
    const statusOf = async (host: string) => {
      const connection = new RawConnection(server.port);
      const { status, body } = await connection.send('GET /metrics HTTP/1.1', `Host: ${host}`, '', '').answer();
      connection.close();
      return body.includes('jobline_') ? status : -status;
    };
    expect(await Promise.all(['evil.example', '127.0.0.1.nip.io', '192.168.0.1:9100'].map(statusOf))).to.deep.equal([-421, -421, -421]);
    expect(await Promise.all(['localhost', `127.0.0.1:${server.port}`, 'jobs.test:1'].map(statusOf))).to.deep.equal([200, 200, 200]);
  });

  it('on an address that others reach: answers to any name, as probes and scrapers use', async () => {
    const open = new HealthServer({ health: new Health([]), host: '0.0.0.0', port: 0, logger: silentLogger(log), metrics });
    await open.start();
    const connection = new RawConnection(open.port);
    expect((await connection.send('GET /livez HTTP/1.1', 'Host: gateway:9100', '', '').answer()).status).to.equal(200);
    connection.close();
    await open.stop();
  });

  it('HEAD: has the headers and no body', async () => {
    const head = await ask({ method: 'HEAD' });
    expect([head.status, head.headers.get('content-type'), await head.text()]).to.deep.equal([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
      '',
    ]);
  });

  it('a reading that fails: is answered 500 and logged, and the process lives', async () => {
    metrics.read('jobline_sample_failures_total', () => {
      throw new Error('a bug');
    });
    expect((await ask()).status).to.equal(500);
    expect(log.map(({ message }) => message)).to.include('answering a health request failed');
    expect((await fetch(`http://127.0.0.1:${server.port}/livez`)).status).to.equal(200);
  });
});
