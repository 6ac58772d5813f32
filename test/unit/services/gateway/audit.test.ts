import { expect } from 'chai';
import { AuditWriter } from '../../../../services/gateway/access/audit-writer.ts';
import { systemClock } from '../../../../shared/runtime/system-clock.ts';
import { MemoryAuditLog } from '../../../support/memory-audit-log.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

type Entry = Record<string, unknown>;
const REPORT = { type: 'report', input: { rows: ROWS } };

describe('the audit log', () => {
  let gateway: GatewayFixture;
  let key: string;
  let headers: Record<string, string>;
  beforeEach(async () => {
    gateway = await new GatewayFixture({ auth: 'keys' }).start();
    key = await gateway.key();
    headers = { authorization: `Bearer ${key}` };
  });
  afterEach(() => gateway.stop());

  async function entries(query = ''): Promise<Entry[]> {
    await gateway.until(async () => gateway.audit.figures.waiting === 0);
    const answer = await fetch(gateway.adminUrl(`/admin/v1/audit${query}`), { headers });
    expect(answer.status).to.equal(200);
    return ((await answer.json()) as { entries: Entry[] }).entries;
  }

  it('a submission, has who, what, to what, how it ended, when and from where', async () => {
    const answer = await gateway.post('/v1/jobs', REPORT, { ...headers, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });
    const { job_id } = (await answer.json()) as { job_id: string };
    const [entry] = await entries();
    expect(entry).to.include({
      tenant: 'default',
      key_id: key.split('_')[1],
      action: 'job.submit',
      target: job_id,
      status: 202,
      trace_id: 'a'.repeat(32),
      client: '127.0.0.1',
    });
    expect(Math.abs(new Date(entry!['at'] as string).getTime() - Date.now())).to.be.below(60_000);
  });

  it('every route that changes something, has one entry a request; what only reads, and what has no key, has none', async () => {
    const { job_id } = (await (await gateway.post('/v1/jobs', REPORT, headers)).json()) as { job_id: string };
    await gateway.post('/v1/jobs:batch', { jobs: [REPORT, { type: 'nothing' }, REPORT] }, headers);
    const lines = `${JSON.stringify(REPORT)}\n`.repeat(3);
    await (await gateway.post('/v1/jobs:batch', lines, { ...headers, 'content-type': 'application/x-ndjson' })).text();
    await gateway.post(`/jobs/${job_id}/cancel`, undefined, headers);
    await gateway.post(`/v1/jobs/${job_id}/retry`, undefined, headers);
    await gateway.post('/v1/uploads', 'a,b\n', headers);
    await gateway.post('/admin/v1/fsck', undefined, headers);
    await gateway.post('/admin/v1/keys', { name: 'x', scopes: ['read'] }, headers);
    await gateway.post('/v1/jobs', { type: 'report' }, headers);
    await gateway.post('/v1/jobs', REPORT, { authorization: `Bearer ${await gateway.key(['read'])}` });
    await gateway.post('/v1/jobs', REPORT);
    await gateway.get('/v1/jobs', headers);
    const seen = (await entries()).reverse().map(({ action, status, jobs }) => [action, status, ...(jobs === undefined ? [] : [jobs])]);
    expect(seen).to.deep.equal([
      ['job.submit', 202],
      ['job.submit_batch', 200, 2],
      ['job.submit_batch', 200, 3],
      ['job.cancel', 202],
      ['job.retry', 202],
      ['upload.create', 201],
      ['fsck.request', 202],
      ['key.create', 201],
      ['job.submit', 422],
      ['job.submit', 403],
    ]);
    expect((await entries(`?target=${job_id}`)).map(({ action }) => action)).to.deep.equal(['job.retry', 'job.cancel', 'job.submit']);
    expect(await entries('?action=key.create&tenant=default')).to.have.length(1);
    expect(await entries(`?until=${new Date(Date.now() - 60_000).toISOString()}`)).to.have.length(0);
  });

  it('pages, lead through all entries', async () => {
    for (let count = 0; count < 3; count += 1) await gateway.post('/v1/jobs', REPORT, headers);
    await gateway.until(async () => gateway.audit.figures.written === 3);
    const page = async (query: string) =>
      (await (await fetch(gateway.adminUrl(`/admin/v1/audit?limit=2${query}`), { headers })).json()) as {
        entries: Entry[];
        next_page_token?: string;
      };
    const first = await page('');
    const second = await page(`&page_token=${first.next_page_token}`);
    expect([first.entries.length, second.entries.length, second.next_page_token]).to.deep.equal([2, 1, undefined]);
  });
});

describe('AuditWriter', () => {
  const FACTS = { tenant: 'acme', action: 'job.cancel', status: 202, traceId: 'x', client: '::1' };

  it('the store away, keeps the first entries up to its bound, counts the others, and writes what it kept once it is back', async () => {
    const log = new MemoryAuditLog();
    log.isAway = true;
    const lines: { level: string; message: string; fields: object }[] = [];
    const writer = new AuditWriter({ log, clock: systemClock, logger: silentLogger(lines), writeEveryMs: 5, mostKept: 3 });
    await writer.start();
    for (let status = 1; status <= 5; status += 1) writer.note({ ...FACTS, status });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(writer.figures).to.deep.equal({ written: 0, dropped: 2, waiting: 3 });
    expect(lines.some(({ message }) => message === 'the audit log cannot be written now')).to.equal(true);
    log.isAway = false;
    await writer.stop();
    expect(writer.figures).to.deep.equal({ written: 3, dropped: 2, waiting: 0 });
    expect((await log.list({}, 10)).entries.map(({ status }) => status)).to.deep.equal([3, 2, 1]);
  });

  it('stopped before the store takes it, says how much was lost', async () => {
    const log = new MemoryAuditLog();
    log.isAway = true;
    const lines: { level: string; message: string; fields: object }[] = [];
    const writer = new AuditWriter({ log, clock: systemClock, logger: silentLogger(lines) });
    writer.note(FACTS);
    await writer.stop();
    expect(lines.at(-1)).to.deep.equal({ level: 'error', message: 'entries of the audit log were lost', fields: { entries: 1 } });
  });
});
