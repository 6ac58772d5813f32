import { expect } from 'chai';
import { EventSourceClient, type EventSourceOptions } from '../../../support/event-source.ts';
import { eventually } from '../../../support/eventually.ts';
import { GatewayFixture } from './gateway-fixture.ts';
import { RawConnection } from './raw-http.ts';

const REJECTED = { code: 'csv_malformed', message: 'Line 3 has 4 fields.', errorClass: 'reject' } as const;
const BROKEN = { code: 'handler_error', message: 'It broke.', errorClass: 'retry' } as const;
const WHOLE_LIFE = ['QUEUED', 'PROCESS_1_RUNNING', 'PROCESS_1_DONE', 'PROCESS_2_RUNNING', 'COMPLETED'];

describe('GET /v1/jobs/{job_id}/events', () => {
  let gateway: GatewayFixture;
  const sources: EventSourceClient[] = [];
  const start = async (options: ConstructorParameters<typeof GatewayFixture>[0] = {}) => {
    gateway = await new GatewayFixture(options).start();
  };
  beforeEach(() => start());
  afterEach(async () => {
    for (const source of sources.splice(0)) source.close();
    await gateway.stop();
  });

  function listen(id: string, options: EventSourceOptions = {}, path = `/v1/jobs/${id}/events`): EventSourceClient {
    const source = new EventSourceClient(gateway.url(path), { retryMs: 10, ...options });
    sources.push(source);
    return source;
  }

  async function finish(id: string, stages: number): Promise<void> {
    for (let stage = 0; stage < stages; stage += 1) {
      await gateway.claim(id);
      await gateway.commit(id);
    }
  }

  /** What is seen of a source that has had these many events. */
  const had = (source: EventSourceClient, count: number) => eventually(`${count} events`, () => source.events.length >= count);

  it('a job that runs to its end: a snapshot, each change as /status shows it, the end, then 204', async () => {
    const id = await gateway.submit();
    const source = listen(id);
    await had(source, 1);
    await gateway.claim(id);
    await had(source, 2);
    expect(source.events[1]!.data).to.deep.equal(await (await gateway.get(`/jobs/${id}/status`)).json());
    await gateway.commit(id);
    await finish(id, 1);
    await eventually('it is told to stop', () => source.closedBy !== undefined);
    expect(source.statuses).to.deep.equal(WHOLE_LIFE);
    expect(new Set(source.events.map((event) => event.id)).size).to.equal(5);
    expect([source.closedBy, source.connections]).to.deep.equal([204, 2]);
  });

  it('its headers: an event stream that nothing may store, hold back or compress', async () => {
    const id = await gateway.submit();
    const answer = await gateway.get(`/jobs/${id}/events`, { accept: 'text/event-stream', 'accept-encoding': 'gzip' });
    expect(answer.status).to.equal(200);
    const headers = ['content-type', 'cache-control', 'x-accel-buffering', 'content-encoding'].map((name) => answer.headers.get(name));
    expect(headers).to.deep.equal(['text/event-stream', 'no-store', 'no', null]);
    await answer.body!.cancel();
    const head = await fetch(gateway.url(`/jobs/${id}/events`), { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).to.deep.equal([200, 'text/event-stream']);
  });

  it('a connection that breaks, at every step, and comes back: no step is missing and none comes twice', async () => {
    const id = await gateway.submit();
    const source = listen(id);
    await had(source, 1);
    for (const [index, work] of [
      () => gateway.claim(id),
      () => gateway.commit(id),
      () => gateway.claim(id),
      () => gateway.commit(id),
    ].entries()) {
      source.breakOff();
      await work();
      await had(source, index + 2);
    }
    expect(source.statuses).to.deep.equal(WHOLE_LIFE);
  });

  it('a client that was away while the job ran: is told every step, then the end', async () => {
    const id = await gateway.submit();
    const first = listen(id);
    await had(first, 1);
    first.close();
    await finish(id, 2);
    const second = listen(id, { lastEventId: first.lastEventId });
    await eventually('it is told to stop', () => second.closedBy !== undefined);
    expect(second.statuses).to.deep.equal(WHOLE_LIFE.slice(1));
  });

  it('a job that has ended: one event and the end; with the id of that event, in the header or in the query: 204', async () => {
    const id = await gateway.submit();
    await finish(id, 2);
    const answer = await gateway.get(`/jobs/${id}/events`);
    const text = await answer.text();
    expect(text).to.match(/^retry: 2000\n\nid: \S+\ndata: \{"job_id":"[^"]+","status":"COMPLETED","progress":100\}\n\n$/);
    const last = /id: (\S+)/.exec(text)![1]!;
    expect((await gateway.get(`/jobs/${id}/events`, { 'last-event-id': last })).status).to.equal(204);
    expect((await gateway.get(`/jobs/${id}/events?last_event_id=${last}`)).status).to.equal(204);
  });

  it('a job that fails, with input that cannot be retried: the error and retry_available; and goes on after a replay', async () => {
    const id = await gateway.submit();
    await gateway.claim(id);
    await gateway.die(id, BROKEN);
    const failed = listen(id);
    await eventually('it is told to stop', () => failed.closedBy !== undefined);
    expect(failed.events[0]!.data).to.include({ status: 'FAILED', error: 'It broke.', retry_available: true });
    await gateway.post(`/jobs/${id}/retry`);
    const again = listen(id, { lastEventId: failed.lastEventId });
    await had(again, 1);
    await gateway.claim(id);
    await gateway.die(id, REJECTED);
    await had(again, 3);
    expect(again.statuses).to.deep.equal(['QUEUED', 'PROCESS_1_RUNNING', 'FAILED']);
    expect(again.events[2]!.data['retry_available']).to.equal(false);
  });

  it('an id that is not one of an event: is none, the client is told where the job is', async () => {
    const id = await gateway.submit();
    const source = listen(id, { lastEventId: 'made-up' });
    await had(source, 1);
    expect(source.statuses).to.deep.equal(['QUEUED']);
  });

  it('what cannot be listened to: a problem before any stream', async () => {
    const id = await gateway.submit();
    const other = await gateway.submitAs('someone-else');
    const codeOf = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await gateway.get(path, headers);
      expect(answer.headers.get('content-type')).to.equal('application/problem+json');
      return [answer.status, ((await answer.json()) as { code: string }).code];
    };
    expect(await codeOf('/v1/jobs/nonsense/events')).to.deep.equal([404, 'job_not_found']);
    expect(await codeOf(`/v1/jobs/${'0'.repeat(8)}-0000-7000-8000-000000000000/events`)).to.deep.equal([404, 'job_not_found']);
    expect(await codeOf(`/v1/jobs/${other}/events`)).to.deep.equal([404, 'job_not_found']);
    expect(await codeOf(`/v1/jobs/${id}/events`, { accept: 'application/json' })).to.deep.equal([406, 'not_acceptable']);
    expect(await codeOf(`/v1/jobs/${id}/events?since=1`)).to.deep.equal([400, 'invalid_query']);
    gateway.mishaps.isAway = true;
    expect(await codeOf(`/v1/jobs/${id}/events`)).to.deep.equal([503, 'store_unavailable']);
  });

  it('more clients than may listen: 503 with Retry-After; a place that is left is free again', async () => {
    await gateway.stop();
    await start({ maxListeners: 2 });
    const id = await gateway.submit();
    const [first, second] = [listen(id), listen(id)];
    await Promise.all([had(first, 1), had(second, 1)]);
    const refused = await gateway.get(`/jobs/${id}/events`);
    expect([refused.status, refused.headers.get('retry-after')]).to.deep.equal([503, '5']);
    expect(((await refused.json()) as { code: string }).code).to.equal('too_many_listeners');
    first.close();
    await eventually('there is room', () => gateway.live.clients.open('sse') === 1);
    await had(listen(id), 1);
  });

  it('changes that are not told (a gap): the jobs listened to are read anew', async () => {
    const id = await gateway.submit();
    const source = listen(id);
    await had(source, 1);
    await eventually('changes are followed', () => gateway.live.fanOut.figures.gaps === 1);
    gateway.changes.hold();
    await finish(id, 2);
    gateway.changes.lose();
    await had(source, 5);
    expect(source.statuses).to.deep.equal(WHOLE_LIFE);
  });

  it('the store away while the job goes on: the stream stays, and tells all when it is back', async () => {
    const id = await gateway.submit();
    const source = listen(id);
    await had(source, 1);
    await gateway.claim(id);
    await had(source, 2);
    gateway.changes.hold();
    await gateway.commit(id);
    gateway.mishaps.isAway = true;
    gateway.changes.release();
    await eventually('the change is heard of', () => gateway.live.fanOut.figures.changes >= 2);
    gateway.mishaps.heal();
    await had(source, 3);
    expect([source.statuses.at(-1), source.connections]).to.deep.equal(['PROCESS_1_DONE', 1]);
  });

  it('one stream of changes for all who listen: opened by the first, closed after the last', async () => {
    expect(gateway.changes.listening).to.equal(0);
    const id = await gateway.submit();
    const both = [listen(id), listen(await gateway.submit())];
    await Promise.all(both.map((source) => had(source, 1)));
    expect(gateway.changes.listening).to.equal(1);
    for (const source of both) source.close();
    await eventually('it is closed', () => gateway.changes.listening === 0);
    await had(listen(id), 1);
    expect(gateway.changes.listening).to.equal(1);
  });

  it('the gateway stops: streams end with a hint when to come back, and it does not wait for them', async () => {
    const id = await gateway.submit();
    const source = listen(id);
    await had(source, 1);
    const startedAtMs = performance.now();
    await gateway.stop();
    await eventually('the stream has ended', () => !source.isConnected);
    expect(source.retryMs).to.be.within(200, 2_200);
    expect(performance.now() - startedAtMs).to.be.below(450);
  });

  it('heartbeats: keep a stream open that has nothing to tell, longer than an idle connection may be', async () => {
    await gateway.stop();
    await start({ timeouts: { idleMs: 500 }, heartbeatMs: 50 });
    const source = listen(await gateway.submitAs('default'));
    await eventually('many heartbeats', () => source.comments > 30);
    expect(source.connections).to.equal(1);
  });

  it('a client of HTTP/1.0: gets the stream without chunks', async () => {
    const id = await gateway.submit();
    await finish(id, 2);
    const connection = new RawConnection(gateway.api.port).send(`GET /jobs/${id}/events HTTP/1.0`, '', '');
    await connection.until(() => connection.isClosed);
    expect(connection.text).to.match(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nretry: 2000\n\nid: /);
  });
});
