import { expect } from 'chai';
import { GatewayFixture, ROWS } from './gateway-fixture.ts';

type Json = Record<string, unknown>;

/** Open for the first time in about a year: no test comes in between. */
const far = () => new Date(Date.now() - 86_400_000);
const NIGHT = { effect: 'off_peak', from: '22:00', until: '06:00', time_zone: 'Europe/Berlin', reason: 'cheap power' };
const MONTH = far().toISOString().slice(5, 7);
/** Once a year, yesterday: the next is a year away. */
const RARE = { effect: 'off_peak', cron: `0 0 ${far().getUTCDate()} ${Number(MONTH)} *`, duration_seconds: 3_600, reason: 'rare' };

describe('the control plane: windows by calendar', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  const send = (method: string, path: string, body?: unknown) => gateway.operator(method, `/admin/v1/${path}`, body);
  const submit = async (more: Json) => {
    const answer = await gateway.post('/v1/jobs', { type: 'report', input: { rows: ROWS }, ...more });
    expect(answer.status).to.equal(202);
    return (await answer.json()) as { job_id: string; status: string };
  };
  const explain = async (id: string) =>
    (await (await gateway.get(`/v1/jobs/${id}/explain`)).json()) as { summary: string; reasons: Json[] };

  it('a window, is made, shown with its next occurrences, said anew, and removed', async () => {
    const made = await send('PUT', 'windows/night', NIGHT);
    expect(made.status, JSON.stringify(made.body)).to.equal(201);
    expect(made.body).to.deep.include({ window: 'night', revision: 1, by: 'operator', from: '22:00', until: '06:00', batch: 100 });
    expect(made.body['occurrences']).to.have.length(5);
    expect((await send('GET', 'windows/night')).body).to.deep.include({ window: 'night', occurrences: made.body['occurrences'] });
    const again = await send('PUT', 'windows/night', { ...NIGHT, per_second: 2 });
    expect([again.status, again.body['revision'], again.body['per_second']]).to.deep.equal([200, 2, 2]);
    expect(((await send('GET', 'windows')).body['windows'] as Json[]).map((one) => one['window'])).to.deep.equal(['night']);
    expect((await send('DELETE', 'windows/night')).status).to.equal(204);
    expect((await send('GET', 'windows/night')).body).to.include({ status: 404, code: 'window_not_found' });
    expect((await send('DELETE', 'windows/night')).status).to.equal(404);
  });

  for (const [what, more, pointer] of [
    ['neither times nor cron', { from: undefined, until: undefined }, ''],
    ['both', { cron: '0 3 * * *', duration_seconds: 60 }, ''],
    ['cron without a duration', { from: undefined, until: undefined, cron: '0 3 * * *' }, '/duration_seconds'],
    ['a cron expression that is none', { from: undefined, until: undefined, cron: '0 25 * * *', duration_seconds: 60 }, '/cron'],
    ['a time that there is not', { from: '24:00' }, '/from'],
    ['a zone that there is not', { time_zone: 'Europe/Atlantis' }, '/time_zone'],
    ['a day that there is not', { weekdays: ['day'] }, '/weekdays/0'],
    ['a stage with off_peak', { stage: 'p1' }, '/stage'],
    ['a rate with stop', { effect: 'stop', per_second: 1 }, '/per_second'],
    ['slow without a rate', { effect: 'slow', stage: 'p1' }, '/per_second'],
    ['slow without a stage', { effect: 'slow', per_second: 1 }, '/stage'],
    ['a tenant with slow', { effect: 'slow', stage: 'p1', per_second: 1, tenant: 'acme' }, '/tenant'],
    ['a stage that there is not', { effect: 'stop', stage: 'p9' }, '/stage'],
    ['a type that there is not', { types: ['report', 'nothing'] }, '/types/1'],
  ] as const) {
    it(`${what}: is refused with a pointer to it`, async () => {
      const { status, body } = await send('PUT', 'windows/night', { ...NIGHT, ...more });
      expect([status, (body['errors'] as Json[])[0]!['pointer']], JSON.stringify(body)).to.deep.equal([422, pointer]);
    });
  }

  it('a name with capitals: is refused', async () => {
    expect((await send('PUT', 'windows/Night', NIGHT)).status).to.equal(422);
  });

  it('an off-peak job: is SCHEDULED until the window opens, says so, and is in the forecast', async () => {
    const { body } = await send('PUT', 'windows/rare', { ...RARE, per_second: 0.5 });
    const [first] = body['occurrences'] as { from: string; until: string }[];
    const jobs = [await submit({ off_peak: true }), await submit({ off_peak: 'rare' }), await submit({})];
    expect(jobs.map(({ status }) => status)).to.deep.equal(['SCHEDULED', 'SCHEDULED', 'QUEUED']);
    const shown = (await (await gateway.get(`/v1/jobs/${jobs[1]!.job_id}`)).json()) as Json;
    const second = new Date(Date.parse(first!.from) + 2_000).toISOString();
    expect(shown).to.deep.include({ run_at: second, off_peak: { window: 'rare' } });
    const { summary, reasons } = await explain(jobs[1]!.job_id);
    expect(summary).to.match(/^The job waits for off-peak window rare, opens at .*; it is released at /);
    expect(reasons.map(({ code }) => code)).to.deep.equal(['off_peak']);
    expect(reasons[0]!['evidence']).to.deep.equal({ window: 'rare', opens_at: first!.from });
    const forecast = (await send('GET', 'windows/rare/forecast')).body;
    expect(forecast).to.deep.include({
      is_open: false,
      opens_at: first!.from,
      scheduled: 2,
      queued: 0,
      release_seconds: 2,
      occurrences: 1,
    });
    expect(forecast['last_release_at']).to.equal(second);
    expect(forecast['types']).to.deep.equal([{ type: 'report', scheduled: 2, queued: 0 }]);
  });

  it('an off-peak job that the window comes too late for: starts before its deadline, and says so', async () => {
    await send('PUT', 'windows/rare', RARE);
    const deadline = new Date(Date.now() + 10 * 86_400_000).toISOString();
    const { job_id } = await submit({ off_peak: true, deadline_at: deadline });
    const shown = (await (await gateway.get(`/v1/jobs/${job_id}`)).json()) as { run_at: string; off_peak: Json };
    // No report has run here: the timeouts of both stages.
    expect(Date.parse(deadline) - Date.parse(shown.run_at)).to.equal(2_700_000);
    expect(shown.off_peak).to.deep.equal({ start_by: shown.run_at });
    expect((await explain(job_id)).summary).to.match(/Its deadline lets it start before that, at /);
  });

  it('without a window, or while it is open, an off-peak job is queued at once', async () => {
    expect((await submit({ off_peak: true })).status).to.equal('QUEUED');
    await send('PUT', 'windows/always', { ...NIGHT, from: '00:00', until: '24:00', time_zone: 'UTC' });
    expect((await submit({ off_peak: 'always' })).status).to.equal('QUEUED');
  });

  it('a window that stops a stage: is a pause with its end, and skipping it ends that', async () => {
    const stop = { effect: 'stop', stage: 'p1', from: '00:00', until: '24:00', time_zone: 'UTC', reason: 'the database is moved' };
    await send('PUT', 'windows/move', stop);
    const pauses = async () => (await send('GET', 'pauses')).body['pauses'] as Json[];
    expect((await pauses())[0]).to.include({ pause_id: 'window=move', stage: 'p1', state: 'active', reason: 'the database is moved' });
    expect((await send('GET', 'pauses/window%3Dmove')).body).to.deep.equal((await pauses())[0]);
    const { job_id } = await submit({});
    expect((await explain(job_id)).summary).to.match(/^Process 1 is paused until .*, by operator, because: the database is moved/);
    expect((await send('POST', 'windows/move/skip')).status).to.equal(204);
    expect((await pauses()).map((one) => one['state'])).to.deep.equal(['planned']);
    const ended = (await gateway.controls.read()).pauses.filter(({ endedAt }) => endedAt);
    expect(ended, 'what it held is owed again').to.have.length(1);
    expect((await send('GET', 'windows/move')).body).to.include({ is_open: false, revision: 2 });
    expect((await send('POST', 'windows/move/skip', { from: '2020-01-01T00:00:00Z' })).body).to.include({ code: 'occurrence_not_found' });
  });

  it('a window that slows a stage: jobs that wait there are told so', async () => {
    const slow = { effect: 'slow', stage: 'p1', per_second: 0.5, from: '00:00', until: '24:00', time_zone: 'UTC', reason: 'backup' };
    expect((await send('PUT', 'windows/gently', slow)).body).to.include({ stage: 'p1', per_second: 0.5, is_open: true });
    expect((await send('GET', 'pauses')).body).to.deep.equal({ pauses: [] });
    const { reasons } = await explain((await submit({})).job_id);
    const slowed = reasons.find(({ code }) => code === 'slowed')!;
    expect(slowed['message']).to.match(
      /^Process 1 starts no more than 0.5 jobs a second until .*, by window gently of operator, because: backup/,
    );
  });

  it('a window in which alone a type starts: outside it the type is paused until it opens', async () => {
    const { body } = await send('PUT', 'windows/only', { ...RARE, effect: 'start', type: 'report' });
    const [first] = body['occurrences'] as { from: string }[];
    const [pause] = (await send('GET', 'pauses')).body['pauses'] as Json[];
    expect(pause).to.include({ type: 'report', state: 'active', until: first!.from });
  });

  it('what is to come of all windows: is listed, the earliest first', async () => {
    await send('PUT', 'windows/night', NIGHT);
    await send('PUT', 'windows/rare', RARE);
    const { occurrences } = (await send('GET', 'upcoming-windows?count=200')).body as { occurrences: { window: string; from: string }[] };
    expect(new Set(occurrences.map(({ window }) => window))).to.deep.equal(new Set(['night', 'rare']));
    expect(occurrences.map(({ from }) => from)).to.deep.equal(occurrences.map(({ from }) => from).toSorted());
    expect((await send('GET', 'upcoming-windows?count=0')).status).to.equal(400);
  });
});
