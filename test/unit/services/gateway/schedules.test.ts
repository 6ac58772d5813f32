import { expect } from 'chai';
import { advanceSchedule } from '../../../../shared/jobs/schedules/advance-schedule.ts';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

type Body = Record<string, unknown>;
const body = async (answer: Response) => (await answer.json()) as Body;
const NIGHTLY = {
  name: 'nightly',
  cron: '30 2 * * *',
  time_zone: 'Europe/Berlin',
  job: { type: 'report', input: { rows: ROWS }, options: { title: 'Sales of {{tick.date}}' }, tags: ['sales'] },
};
const HOUR_MS = 3_600_000;

describe('user schedules over HTTP', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture({ maxWaitingJobsPerTenant: 5 }).start();
  });
  afterEach(() => gateway.stop());

  const make = async (more: Body = {}) => {
    const answer = await gateway.post('/v1/schedules', { ...NIGHTLY, ...more });
    const made = await body(answer);
    expect(answer.status, JSON.stringify(made)).to.equal(201);
    return { path: `/v1/schedules/${made['schedule_id']}`, id: String(made['schedule_id']), etag: answer.headers.get('etag')!, made };
  };
  const put = (path: string, request: Body, headers: Record<string, string> = {}) =>
    fetch(gateway.url(path), { method: 'PUT', body: JSON.stringify(request), headers: { 'content-type': 'application/json', ...headers } });
  const ticks = async (path: string) => (await body(await gateway.get(`${path}/ticks`)))['ticks'] as Body[];
  const advance = async (id: string) => advanceSchedule(gateway.deps.schedules, (await gateway.schedules.read('default', id))!);
  /** Has the schedule look back so far, as after an outage. */
  const lookBack = async (id: string, ms: number) => {
    const record = (await gateway.schedules.read('default', id))!;
    await gateway.schedules.replace({ ...record, cursorAt: new Date(Date.now() - ms) });
  };

  it('a new one, is shown with its words, its defaults and an ETag that a tick does not change', async () => {
    const { made, path, etag, id } = await make();
    expect(made).to.deep.include({ state: 'active', words: 'At 02:30, in Europe/Berlin', overlap: 'allow', revision: 1 });
    expect(made['catch_up']).to.deep.equal({ policy: 'skip', max: 100, grace_seconds: 60 });
    await advance(id);
    const again = await gateway.get(path, { 'if-none-match': etag });
    expect(again.status).to.equal(304);
    const [listed] = (await body(await gateway.get('/v1/schedules')))['schedules'] as Body[];
    expect(listed).to.include({ schedule_id: id, waiting: 0 });
    expect(String(listed!['next_tick_at'])).to.match(/T0[01]:30:00/);
  });

  for (const [what, more, pointer] of [
    ['a cron expression of four fields', { cron: '* * * *' }, '/cron'],
    ['a date that there is not', { cron: '0 0 30 2 *' }, '/cron'],
    ['a zone that there is not', { time_zone: 'Europe/Atlantis' }, '/time_zone'],
    ['an offset for a zone', { time_zone: '+02:00' }, '/time_zone'],
    ['both cron and interval', { interval_seconds: 60 }, ''],
    ['an end before its start', { start_at: '2027-01-02T00:00:00Z', end_at: '2027-01-01T00:00:00Z' }, '/end_at'],
    ['an end before its first tick', { start_at: '2027-06-01T03:00:00Z', end_at: '2027-06-01T04:00:00Z' }, '/end_at'],
    ['a type that there is not', { job: { type: 'nothing', input: {} } }, '/job/type'],
    ['an input that its type refuses', { job: { type: 'report', input: { rows: 7 } } }, '/job/input/rows'],
    ['a placeholder that there is not', { job: { ...NIGHTLY.job, options: { title: '{{tick.moon}}' } } }, '/job'],
    [
      'an upload that there is not',
      { job: { type: 'report', input: { upload_id: '01900000-0000-7000-8000-000000000000' } } },
      '/job/input/upload_id',
    ],
  ] as const) {
    it(`${what}, is refused with a pointer`, async () => {
      const answer = await gateway.post('/v1/schedules', { ...NIGHTLY, ...more });
      const { errors, code } = (await answer.json()) as { errors: { pointer: string }[]; code: string };
      expect([answer.status, code, errors[0]!.pointer]).to.deep.equal([422, 'invalid_request', pointer]);
    });
  }

  it('made twice with one key, is one; the key with another body is refused', async () => {
    const headers = { 'idempotency-key': 'k1' };
    const first = await gateway.post('/v1/schedules', NIGHTLY, headers);
    const second = await gateway.post('/v1/schedules', NIGHTLY, headers);
    expect([first.status, second.status, second.headers.get('idempotent-replayed')]).to.deep.equal([201, 200, 'true']);
    expect((await body(second))['schedule_id']).to.equal((await body(first))['schedule_id']);
    const other = await gateway.post('/v1/schedules', { ...NIGHTLY, name: 'other' }, headers);
    expect([other.status, (await body(other))['code']]).to.deep.equal([422, 'idempotency_mismatch']);
  });

  it('said anew, needs the ETag that it has; what was missed before is decided as it was then', async () => {
    const { path, etag, id } = await make({ cron: '0 * * * *', time_zone: 'UTC' });
    expect((await put(path, NIGHTLY)).status).to.equal(428);
    expect((await put(path, NIGHTLY, { 'if-match': '"other"' })).status).to.equal(412);
    await lookBack(id, 3 * HOUR_MS);
    const changed = await put(path, NIGHTLY, { 'if-match': etag });
    expect(changed.status).to.equal(200);
    expect(await body(changed)).to.include({ cron: '30 2 * * *', revision: 2 });
    expect((await put(path, NIGHTLY, { 'if-match': etag })).status).to.equal(412);
    expect((await ticks(path)).map(({ state, reason }) => `${state} ${reason}`)).to.deep.equal(Array(3).fill('skipped missed'));
  });

  it('missed ticks, run by the policy, each once, with the reason of every skip', async () => {
    const { path, id } = await make({ cron: '0 * * * *', time_zone: 'UTC', catch_up: { policy: 'all', max: 2 } });
    await lookBack(id, 4 * HOUR_MS);
    await Promise.all(Array.from({ length: 5 }, () => advance(id)));
    await advance(id);
    expect((await ticks(path)).map(({ state, reason }) => reason ?? state)).to.deep.equal([
      'submitted',
      'submitted',
      'catch_up_limit',
      'catch_up_limit',
    ]);
    expect(await gateway.jobCount()).to.equal(2);
    const [newest] = await ticks(path);
    const job = await gateway.recordOf(String(newest!['job_id']));
    expect(job.tags).to.deep.equal([`schedule:${id}`, 'sales']);
    expect(JSON.stringify(await gateway.payloadOf(job.id))).to.contain(`Sales of ${String(newest!['scheduled_at']).slice(0, 10)}`);
  });

  it('beyond the quota, ticks are skipped for it, and a backfill makes up for them later', async () => {
    const { path, id } = await make({ cron: '0 * * * *', time_zone: 'UTC', catch_up: { policy: 'all' } });
    await lookBack(id, 8 * HOUR_MS);
    await advance(id);
    const states = (await ticks(path)).map(({ state, reason }) => reason ?? state);
    expect(states.filter((one) => one === 'submitted')).to.have.length(5);
    expect(states.filter((one) => one === 'quota_exceeded')).to.have.length(3);
    for (const { job_id } of await ticks(path)) if (job_id) await gateway.post(`/v1/jobs/${job_id}/cancel`);
    const range = { from: new Date(Date.now() - 9 * HOUR_MS).toISOString(), until: new Date(Date.now() + HOUR_MS).toISOString() };
    await gateway.until(async () => {
      const filled = await body(await gateway.post(`${path}/backfill`, range));
      return filled['already_run'] === 9;
    });
    expect((await ticks(path)).map(({ state }) => state)).to.deep.equal(Array(9).fill('submitted'));
    expect(new Set((await ticks(path)).map(({ job_id }) => job_id)).size).to.equal(9);
  }).timeout(15_000);

  it('a backfill of very many, is answered once it is decided; a scheduler makes the jobs, each once', async () => {
    const { path, id } = await make({ cron: '0 * * * *', time_zone: 'UTC' });
    const range = { from: new Date(Date.now() - 2_000 * HOUR_MS).toISOString(), until: new Date().toISOString() };
    const answer = await gateway.post(`${path}/backfill`, range);
    expect([answer.status, (await body(answer))['runs']]).to.deep.equal([202, 1_000]);
    expect(await gateway.jobCount()).to.equal(0);
    expect((await gateway.schedules.due(new Date(), 10)).map((one) => one.id)).to.deep.equal([id]);
    await advance(id);
    const after = await body(await gateway.post(`${path}/backfill`, range));
    expect([after['runs'], after['already_run'], after['is_more']]).to.deep.equal([995, 5, true]);
    expect(await gateway.jobCount()).to.equal(5);
  });

  it('run now, makes a job at once; the same key makes no second one', async () => {
    const { path } = await make();
    const headers = { 'idempotency-key': 'now' };
    const answers = await Promise.all([1, 2, 3].map(() => gateway.post(`${path}/run`, undefined, headers)));
    const jobs = new Set<unknown>();
    for (const answer of answers) if (answer.status === 202) jobs.add((await body(answer))['job_id']);
    expect(jobs.size).to.equal(1);
    expect(await gateway.jobCount()).to.equal(1);
    expect((await ticks(path)).map(({ kind, state }) => [kind, state])).to.deep.equal([['manual', 'submitted']]);
    expect((await gateway.post(`${path}/run`)).status).to.equal(202);
    expect(await gateway.jobCount()).to.equal(2);
  });

  it('paused, skips its ticks and says so; resumed, goes on', async () => {
    const { path, id } = await make({ cron: '0 * * * *', time_zone: 'UTC', catch_up: { policy: 'all' } });
    const until = new Date(Date.now() + HOUR_MS).toISOString();
    expect(await body(await gateway.post(`${path}/pause`, { until }))).to.include({ state: 'paused', paused_until: until });
    const record = (await gateway.schedules.read('default', id))!;
    const from = new Date(Date.now() - 3 * HOUR_MS);
    await gateway.schedules.replace({ ...record, cursorAt: from, pauses: [{ from }] });
    expect(await body(await gateway.post(`${path}/resume`))).to.include({ state: 'active' });
    expect((await ticks(path)).map(({ reason }) => reason)).to.deep.equal(Array(3).fill('paused'));
    expect(await gateway.jobCount()).to.equal(0);
  });

  it('asked to pause with null for a body, refuses: left out it may be', async () => {
    const { path } = await make();
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(gateway.url(`${path}/pause`), { method: 'POST', body: 'null', headers });
    expect(answer.status).to.equal(422);
    expect(await body(await gateway.get(path))).to.include({ state: 'active' });
    expect((await gateway.post(`${path}/pause`)).status).to.equal(200);
  });

  it('queued ticks, run one after the other; skipped ones, not at all while one is at work', async () => {
    const queue = await make({ cron: '0 * * * *', time_zone: 'UTC', overlap: 'queue', catch_up: { policy: 'all' } });
    await lookBack(queue.id, 3 * HOUR_MS);
    await advance(queue.id);
    const states = async () => (await ticks(queue.path)).map(({ state }) => state);
    expect(await states()).to.deep.equal(['waiting', 'waiting', 'submitted']);
    const [, , first] = await ticks(queue.path);
    await advance(queue.id);
    expect(await states()).to.deep.equal(['waiting', 'waiting', 'submitted']);
    await gateway.post(`/v1/jobs/${first!['job_id']}/cancel`);
    await advance(queue.id);
    expect(await states()).to.deep.equal(['waiting', 'submitted', 'submitted']);
    const skip = await make({ cron: '0 * * * *', time_zone: 'UTC', overlap: 'skip', catch_up: { policy: 'all' } });
    await lookBack(skip.id, 3 * HOUR_MS);
    await advance(skip.id);
    expect((await ticks(skip.path)).map(({ state, reason }) => reason ?? state)).to.deep.equal(['overlap', 'overlap', 'submitted']);
  });

  it('an upload that has gone since, fails the tick with a reason, and the next one is decided all the same', async () => {
    const upload_id = await gateway.uploadAs('default');
    const { path, id } = await make({
      cron: '0 * * * *',
      time_zone: 'UTC',
      catch_up: { policy: 'once' },
      job: { type: 'report', input: { upload_id } },
    });
    const record = (await gateway.schedules.read('default', id))!;
    const job = { ...record.spec.job, input: { upload_id: '01900000-0000-7000-8000-000000000000' } };
    await gateway.schedules.replace({ ...record, spec: { ...record.spec, job }, cursorAt: new Date(Date.now() - 2 * HOUR_MS) });
    await advance(id);
    const [newest, older] = await ticks(path);
    expect([newest!['state'], newest!['reason'], older!['reason']]).to.deep.equal(['failed', 'unknown_upload', 'caught_up_by_later']);
    expect((await gateway.schedules.read('default', id))!.outbox).to.deep.equal([]);
  });

  it('a preview, tells the next runs and what changes of the clocks do to them', async () => {
    const answer = await gateway.post('/v1/schedules:preview?after=2027-03-26T12:00:00Z&count=3', NIGHTLY);
    const { runs, warnings } = (await answer.json()) as { runs: Body[]; warnings: string[] };
    expect(runs.map(({ local }) => local)).to.deep.equal([
      '2027-03-27T02:30:00+01:00',
      '2027-03-28T03:00:00+02:00',
      '2027-03-29T02:30:00+02:00',
    ]);
    expect(runs[1]!['warning']).to.contain('set forward');
    expect(warnings).to.deep.equal(['On 2027-03-28 the clocks in Europe/Berlin go from 02:00 to 03:00: the time between is left out.']);
    const { path } = await make();
    const stored = await body(await gateway.get(`${path}/preview`));
    expect(stored['runs']).to.have.length(50);
  });

  it('removed, is gone with its ledger; its jobs stay', async () => {
    const { path, etag } = await make();
    await gateway.post(`${path}/run`);
    expect((await fetch(gateway.url(path), { method: 'DELETE', headers: { 'if-match': '"other"' } })).status).to.equal(412);
    expect((await fetch(gateway.url(path), { method: 'DELETE', headers: { 'if-match': etag } })).status).to.equal(204);
    for (const of of ['', '/ticks', '/preview']) expect((await gateway.get(`${path}${of}`)).status).to.equal(404);
    expect(await gateway.jobCount()).to.equal(1);
  });
});
