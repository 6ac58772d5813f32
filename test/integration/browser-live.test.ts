import { expect } from 'chai';
import { type Db, MongoClient } from 'mongodb';
import type { Page } from 'playwright-core';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { openBrowser, type TestBrowser } from '../support/browser.ts';
import { eventually } from '../support/eventually.ts';
import { lifeOf, WHOLE_LIFE } from '../support/job-life.ts';
import { PageServer } from '../support/page-server.ts';
import { GatewayProcess, newTestServers, type TestServers } from './gateway-process.ts';

/** What the pages below keep for the test to look at. */
interface Seen {
  readonly statuses: string[];
  readonly ids: string[];
  source?: EventSource;
  closedBy?: number;
}
type SeenWindow = { seen: Seen };

/** In the page: a native EventSource on the job. */
function listen(url: string): void {
  const seen: Seen = { statuses: [], ids: [], source: new EventSource(url) };
  seen.source!.onmessage = ({ data, lastEventId }) => {
    seen.statuses.push(JSON.parse(data).status);
    seen.ids.push(lastEventId);
  };
  (globalThis as unknown as SeenWindow).seen = seen;
}

/** In the page: a native WebSocket that subscribes to the job. */
function subscribe([url, jobId]: readonly [string, string]): void {
  const seen: Seen = { statuses: [], ids: [] };
  const socket = new WebSocket(url);
  socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', jobs: [{ job_id: jobId }] }));
  socket.onclose = ({ code }) => {
    seen.closedBy = code;
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type !== 'event') return;
    seen.statuses.push(message.job.status);
    seen.ids.push(message.id);
  };
  (globalThis as unknown as SeenWindow).seen = seen;
}

describe('jobs followed by a page in Chromium', function () {
  this.timeout(300_000);
  let chromium: TestBrowser | undefined;
  let servers: TestServers;
  let client: MongoClient;
  let db: Db;
  let store: MongoJobStore;
  let pages: PageServer;
  let gateway: GatewayProcess;
  let env: Record<string, string>;
  let page: Page;

  before(async function () {
    chromium = await openBrowser();
    if (!chromium) this.skip();
    servers = await newTestServers();
    client = await new MongoClient(servers.mongodbUrl).connect();
    db = client.db();
    store = new MongoJobStore({ db }, { clock });
    pages = await new PageServer().start();
    env = { MONGODB_URL: servers.mongodbUrl, RABBITMQ_URL: servers.rabbitmqUrl, SHUTDOWN_TIMEOUT_MS: '5000', CORS_ORIGINS: pages.origin };
    gateway = await new GatewayProcess(env).ready();
  });
  beforeEach(async () => {
    page = await chromium!.browser.newPage();
  });
  afterEach(() => page?.close());
  after(async () => {
    await chromium?.close();
    await gateway?.end('SIGKILL');
    pages?.stop();
    await db?.dropDatabase();
    await client?.close();
    await servers?.dropVhost();
  });

  async function submit(): Promise<string> {
    const answer = await gateway.post('/v1/jobs', { type: 'report', input: { rows: [{ a: 1 }] } });
    return ((await answer.json()) as { job_id: string }).job_id;
  }

  const seen = () =>
    page.evaluate(() => {
      const { statuses, ids, source, closedBy } = (globalThis as unknown as SeenWindow).seen;
      return { statuses, ids, isClosed: source?.readyState === EventSource.CLOSED, closedBy };
    });

  /** Opens an empty page: of the gateway's own origin, which serves none itself, or of another. */
  async function openPage(of: 'the same origin' | 'another origin'): Promise<void> {
    const own = gateway.url('/page');
    await page.route(own, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await page.goto(of === 'the same origin' ? own : pages.origin);
  }

  for (const [origin, signal] of [
    ['the same origin', 'SIGKILL'],
    ['another origin', 'SIGTERM'],
  ] as const) {
    it(`EventSource of ${origin}, gateway ended by ${signal} and started again: each step once, in order, resumed by Last-Event-ID`, async () => {
      const id = await submit();
      await openPage(origin);
      await page.evaluate(listen, gateway.url(`/v1/jobs/${id}/events`));
      await eventually('a snapshot', async () => (await seen()).statuses.length === 1);
      const steps = lifeOf(store, id);
      for (const step of steps.slice(0, 3)) await step();
      await eventually('three steps', async () => (await seen()).statuses.length === 4);
      const { port } = gateway;
      await gateway.end(signal);
      for (const step of steps.slice(3, 5)) await step();
      gateway = await new GatewayProcess({ ...env, PORT: String(port) }).ready();
      await eventually('it came back', async () => (await seen()).statuses.length === 6);
      for (const step of steps.slice(5)) await step();
      await eventually('it was told to stop', async () => (await seen()).isClosed);
      const { statuses, ids } = await seen();
      // Without the id it would have been told the present alone when it came back, and not that the job had ended.
      expect(statuses).to.deep.equal(WHOLE_LIFE);
      expect(new Set(ids).size).to.equal(ids.length);
    });
  }

  it('WebSocket of another origin that is allowed: each step once, in order', async () => {
    const id = await submit();
    await openPage('another origin');
    await page.evaluate(subscribe, [gateway.url('/v1/ws').replace('http', 'ws'), id] as const);
    await eventually('a snapshot', async () => (await seen()).statuses.length === 1);
    for (const step of lifeOf(store, id)) await step();
    await eventually('the end', async () => (await seen()).statuses.at(-1) === 'COMPLETED');
    expect((await seen()).statuses).to.deep.equal(WHOLE_LIFE);
  });

  it('a page of an origin that is not allowed: neither reads, nor listens, nor connects', async () => {
    const id = await submit();
    const stranger = await new PageServer().start();
    try {
      await page.goto(stranger.origin);
      const read = await page.evaluate((url) => fetch(url).then(String, (error) => error.name), gateway.url(`/v1/jobs/${id}`));
      expect(read).to.equal('TypeError');
      await page.evaluate(listen, gateway.url(`/v1/jobs/${id}/events`));
      await eventually('the browser gave up', async () => (await seen()).isClosed);
      expect((await seen()).statuses).to.deep.equal([]);
      await page.evaluate(subscribe, [gateway.url('/v1/ws').replace('http', 'ws'), id] as const);
      await eventually('the handshake failed', async () => (await seen()).closedBy === 1006);
    } finally {
      stranger.stop();
    }
  });
});
