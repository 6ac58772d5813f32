import { expect } from 'chai';
import { failureOf, type Script, ScriptedServer, sendJson, sendProblem } from './scripted-server.ts';

const FIELDS = { name: 'x', cron: '0 6 * * *', job: { type: 'report', input: {} } };

describe('client, schedules', () => {
  let server: ScriptedServer;
  const start = async (script: Script) => {
    server = await ScriptedServer.start(script);
    return server.client().schedules;
  };
  afterEach(() => server.stop());

  it('create and run over a 503: are repeated with the same key, one of the client or the one given', async () => {
    const schedules = await start((_, response, number) => {
      if (number % 2 === 1) sendProblem(response, 503, 'store_unavailable');
      else sendJson(response, 202, { schedule_id: 'a' });
    });
    await schedules.create(FIELDS);
    await schedules.run('a', { idempotency_key: 'mine' });
    const keys = server.received.map(({ headers }) => headers['idempotency-key']);
    expect(keys[0])
      .to.match(/^"[0-9a-f-]{36}"$/)
      .and.to.equal(keys[1]);
    expect(keys.slice(2)).to.deep.equal(['"mine"', '"mine"']);
    expect(JSON.parse(server.received[0]!.body)).to.deep.equal(FIELDS);
  });

  it('delete whose answer was lost: is done; of one that there is not: fails', async () => {
    const schedules = await start((_, response, number) => {
      if (number === 1) response.destroy();
      else sendProblem(response, 404, 'schedule_not_found');
    });
    await schedules.delete('a');
    expect(await failureOf(schedules.delete('a'))).to.include({ code: 'schedule_not_found' });
  });

  it('list and ticks: ask for the next page when the one before is read', async () => {
    const schedules = await start(({ path }, response) => {
      const isLast = path.includes('page_token');
      const entries = [{ schedule_id: isLast ? '2' : '1' }];
      sendJson(response, 200, { schedules: entries, ticks: entries, ...(!isLast && { next_page_token: 't' }) });
    });
    const ids: string[] = [];
    for await (const { schedule_id } of schedules.list()) ids.push(schedule_id);
    for await (const _ of schedules.ticks('a b', { state: 'skipped' })) break;
    expect(ids).to.deep.equal(['1', '2']);
    expect(server.received.map(({ path }) => path)).to.deep.equal([
      '/v1/schedules?limit=200',
      '/v1/schedules?limit=200&page_token=t',
      '/v1/schedules/a%20b/ticks?limit=200&state=skipped',
    ]);
  });

  it('preview: of an id asks for that schedule, of fields posts them', async () => {
    const schedules = await start((_, response) => sendJson(response, 200, { words: '', runs: [], warnings: [] }));
    await schedules.preview('a', { count: 3 });
    await schedules.preview(FIELDS, { after: '2027-01-01T00:00:00Z' });
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      'GET /v1/schedules/a/preview?count=3',
      'POST /v1/schedules:preview?after=2027-01-01T00%3A00%3A00Z',
    ]);
  });
});
