import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import type { JobEvent } from '../../../../shared/client/api-types.ts';
import { JoblineAbortError, type JoblineProblem } from '../../../../shared/client/errors.ts';
import { EventLines } from '../../../../shared/client/event-lines.ts';
import { eventually } from '../../../support/eventually.ts';
import { failureOf, type Script, ScriptedServer, sendJson, sendProblem } from './scripted-server.ts';

const eventText = (id: string, status: string) => `id: ${id}\ndata: {"job_id":"a","status":"${status}","progress":0}\n\n`;
const begin = (response: ServerResponse, text = '') =>
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`retry: 1\n\n${text}`);

async function all<T>(events: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const event of events) seen.push(event);
  return seen;
}

describe('client, watch and list', () => {
  let server: ScriptedServer;
  const start = async (script: Script) => {
    server = await ScriptedServer.start(script);
    return server.client();
  };
  afterEach(() => server?.stop());
  const shown = (events: readonly JobEvent[]) => events.map(({ event_id, status }) => `${event_id} ${status}`);

  it('watch over a cut, a refusal and a clean end: goes on after the last event, each step once', async () => {
    const client = await start((_, response, number) => {
      if (number === 1) {
        begin(response, eventText('1', 'QUEUED') + eventText('2', 'PROCESS_1_RUNNING'));
        setTimeout(() => response.destroy(), 20);
      } else if (number === 2) sendProblem(response, 503, 'too_many_listeners');
      else if (number === 3) {
        begin(response, eventText('2', 'PROCESS_1_RUNNING') + eventText('3', 'PROCESS_1_DONE'));
        response.end('id: 4\ndata: {"half"');
      } else begin(response, eventText('4', 'COMPLETED'));
    });
    expect(shown(await all(client.watch('a')))).to.deep.equal(['1 QUEUED', '2 PROCESS_1_RUNNING', '3 PROCESS_1_DONE', '4 COMPLETED']);
    expect(server.received.map(({ headers }) => headers['last-event-id'])).to.deep.equal([undefined, '2', '2', '3']);
    expect(server.received[0]!.path).to.equal('/v1/jobs/a/events');
  });

  it('watch after an event that was the last: ends without one', async () => {
    const client = await start((_, response) => response.writeHead(204).end());
    expect(await all(client.watch('a', { after: '9' }))).to.deep.equal([]);
    expect(server.received[0]!.headers['last-event-id']).to.equal('9');
  });

  it('watch of a job that there is not: its problem, at once', async () => {
    const client = await start((_, response) => sendProblem(response, 404, 'job_not_found'));
    expect(((await failureOf(all(client.watch('a')))) as JoblineProblem).code).to.equal('job_not_found');
    expect(server.received).to.have.length(1);
  });

  it('watch whose loop is left, or whose signal is aborted: closes its connection', async () => {
    let closed = 0;
    const client = await start((_, response) => {
      response.once('close', () => {
        closed += 1;
      });
      begin(response, eventText('1', 'QUEUED'));
    });
    for await (const { status } of client.watch('a')) {
      expect(status).to.equal('QUEUED');
      break;
    }
    await eventually('the close of the first', () => closed === 1);
    const stop = new AbortController();
    const watched = client.watch('a', { signal: stop.signal });
    await watched.next();
    const next = failureOf(watched.next());
    stop.abort();
    expect(await next).to.be.instanceOf(JoblineAbortError);
    await eventually('the close of the second', () => closed === 2);
  });

  it('list: follows the pages with its filters, and asks for no page that is not read', async () => {
    const client = await start((_, response, number) =>
      sendJson(response, 200, {
        jobs: [{ job_id: `${number}-a` }, { job_id: `${number}-b` }],
        ...(number < 3 && { next_page_token: `t${number}` }),
      }),
    );
    const jobs = client.list({ q: 'tag:a age:>2h', state: 'FAILED', type: 'report', pageSize: 2 });
    await jobs.next();
    await jobs.next();
    expect(server.received.map(({ path }) => path)).to.deep.equal(['/v1/jobs?limit=2&q=tag%3Aa+age%3A%3E2h&state=FAILED&type=report']);
    expect((await all(jobs)).map(({ job_id }) => job_id)).to.deep.equal(['2-a', '2-b', '3-a', '3-b']);
    expect(server.received.map(({ path }) => new URL(path, server.url).searchParams.get('page_token'))).to.deep.equal([null, 't1', 't2']);
  });

  it('delete whose answer was lost: the repeat finds nothing, and is content; a first 404 is a problem', async () => {
    const client = await start((_, response, number) => (number === 1 ? response.destroy() : sendProblem(response, 404, 'job_not_found')));
    await client.delete('a');
    expect(server.received.map(({ method }) => method)).to.deep.equal(['DELETE', 'DELETE']);
    expect(((await failureOf(client.delete('a'))) as JoblineProblem).code).to.equal('job_not_found');
  });
});

describe('lines of an event stream', () => {
  const TEXT = ': hello\r\nid: 1\rdata: a\ndata:b\n\nretry: 7\nid: x\0y\ndata\n\nid: 3\nevent: z\n\ndata: half\n';
  const EVENTS = [
    { id: '1', data: 'a\nb' },
    { id: '1', data: '' },
  ];

  it('whole, or cut anywhere: the same events', () => {
    expect(new EventLines().take(TEXT)).to.deep.equal(EVENTS);
    for (let cut = 0; cut <= TEXT.length; cut += 1) {
      const lines = new EventLines();
      expect([...lines.take(TEXT.slice(0, cut)), ...lines.take(TEXT.slice(cut))], `cut at ${cut}`).to.deep.equal(EVENTS);
      expect(lines.retryMs).to.equal(7);
    }
  });
});
