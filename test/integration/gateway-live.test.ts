import { expect } from 'chai';
import { type Db, MongoClient } from 'mongodb';
import { MongoJobStore } from '../../shared/mongo/mongo-job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';
import { EventSourceClient } from '../support/event-source.ts';
import { eventually } from '../support/eventually.ts';
import { lifeOf as lifeIn, WHOLE_LIFE } from '../support/job-life.ts';
import { GatewayProcess, newTestServers, type TestServers } from './gateway-process.ts';

describe('events of jobs behind two gateway processes', function () {
  this.timeout(120_000);
  let servers: TestServers;
  let client: MongoClient;
  let db: Db;
  let store: MongoJobStore;
  let gateways: GatewayProcess[];
  let env: Record<string, string>;
  const sources: EventSourceClient[] = [];

  before(async () => {
    servers = await newTestServers();
    client = await new MongoClient(servers.mongodbUrl).connect();
    db = client.db();
    store = new MongoJobStore({ db }, { clock });
    env = { MONGODB_URL: servers.mongodbUrl, RABBITMQ_URL: servers.rabbitmqUrl, SHUTDOWN_TIMEOUT_MS: '20000' };
    gateways = await Promise.all([new GatewayProcess(env).ready(), new GatewayProcess(env).ready()]);
  });

  afterEach(() => {
    for (const source of sources.splice(0)) source.close();
  });

  after(async () => {
    for (const gateway of gateways ?? []) await gateway.end('SIGKILL');
    await db?.dropDatabase();
    await client?.close();
    await servers?.dropVhost();
  });

  async function submit(): Promise<string> {
    const answer = await gateways[0]!.post('/v1/jobs', { type: 'report', input: { rows: [{ a: 1 }] } });
    return ((await answer.json()) as { job_id: string }).job_id;
  }

  const lifeOf = (id: string) => lifeIn(store, id);

  function listen(nextUrl: () => string): EventSourceClient {
    const source = new EventSourceClient('', { retryMs: 20, nextUrl });
    sources.push(source);
    return source;
  }

  it('a client that is sent from one to the other at every step: no step is missing and none comes twice', async () => {
    const id = await submit();
    let turn = 0;
    const source = listen(() => gateways[turn++ % 2]!.url(`/v1/jobs/${id}/events`));
    await eventually('a snapshot', () => source.events.length === 1);
    for (const [index, step] of lifeOf(id).entries()) {
      source.breakOff();
      await step();
      await eventually(`event ${index + 2}`, () => source.events.length === index + 2);
    }
    expect(source.statuses).to.deep.equal(WHOLE_LIFE);
    expect(turn).to.be.above(6);
    await eventually('it is told to stop', () => source.closedBy === 204);
  });

  it('clients of both, of one job that runs at full speed: are told the same events', async () => {
    const id = await submit();
    const both = gateways.map((gateway) => listen(() => gateway.url(`/jobs/${id}/events`)));
    await eventually('snapshots', () => both.every((source) => source.events.length === 1));
    for (const step of lifeOf(id)) await step();
    await eventually('the end', () => both.every((source) => source.closedBy === 204));
    for (const source of both) expect(source.statuses).to.deep.equal(WHOLE_LIFE);
    const withoutTimes = both.map(({ events }) => events.map(({ id: at }) => at));
    expect(withoutTimes[0]).to.deep.equal(withoutTimes[1]);
  });

  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    it(`a gateway that is ended by ${signal} and started again: its clients go on at the other where they were`, async () => {
      const [gone, stays] = gateways as [GatewayProcess, GatewayProcess];
      const ids = await Promise.all(Array.from({ length: 5 }, submit));
      let target = gone;
      const all = ids.map((id) => listen(() => target.url(`/v1/jobs/${id}/events`)));
      await eventually('snapshots', () => all.every((source) => source.events.length === 1));
      const lives = ids.map(lifeOf);
      for (const step of [0, 1, 2]) await Promise.all(lives.map((life) => life[step]!()));
      target = stays;
      const code = await gone.end(signal);
      if (signal === 'SIGTERM') expect(code).to.equal(0);
      for (const step of [3, 4, 5, 6]) await Promise.all(lives.map((life) => life[step]!()));
      await eventually('the end', () => all.every((source) => source.closedBy === 204), 30_000);
      for (const source of all) expect(source.statuses).to.deep.equal(WHOLE_LIFE);
      gateways = [stays, await new GatewayProcess(env).ready()];
    });
  }

  it('metrics: say who listens, what they were sent, and how late', async () => {
    const id = await submit();
    const source = listen(() => gateways[0]!.url(`/v1/jobs/${id}/events`));
    await eventually('a snapshot', () => source.events.length === 1);
    for (const step of lifeOf(id)) await step();
    await eventually('the end', () => source.closedBy === 204);
    const text = await (await fetch(gateways[0]!.adminUrl('/metrics'))).text();
    expect(text).to.match(/^jobline_listener_events_total\{kind="sse",service="gateway"\} [1-9]/m);
    expect(text).to.match(/^jobline_job_changes_open\{service="gateway"\} 1$/m);
    expect(text).to.match(/^jobline_listener_lag_seconds_count\{service="gateway"\} [1-9]/m);
  });
});
