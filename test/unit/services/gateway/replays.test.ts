import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';

type Body = Record<string, unknown>;
const timedOut = (seconds: number) =>
  ({ code: 'stage_timeout', message: `Process 1 timed out after ${seconds} s.`, errorClass: 'timeout' }) as const;
const BROKEN = { code: 'handler_error', message: 'It broke.', errorClass: 'retry' } as const;

describe('dead letters as a set, and replays of many', () => {
  let gateway: GatewayFixture;
  let slow: string[];
  let broken: string;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
    const die = async (error: Parameters<GatewayFixture['die']>[1]) => {
      const id = await gateway.submit();
      await gateway.claim(id);
      await gateway.die(id, error);
      return id;
    };
    slow = [await die(timedOut(30)), await die(timedOut(60))];
    broken = await die(BROKEN);
    await gateway.submit();
  });
  afterEach(() => gateway.stop());

  const call = (path: string, body?: unknown) => gateway.operator(body === undefined ? 'GET' : 'POST', `/admin/v1${path}`, body);
  const idsOf = (body: Body) => (body['dead_letters'] as Body[]).map((letter) => letter['job_id']);

  it('groups: one a cause, largest first, with what they have in common and an example', async () => {
    const { groups } = (await call('/dead-letters/groups')).body as { groups: Body[] };
    expect(groups.map(({ type, stage, count }) => [type, stage, count])).to.deep.equal([
      ['report', 'p1', 2],
      ['report', 'p1', 1],
    ]);
    expect(groups[0]).to.include({ example: slow[1] });
    expect(groups[0]!['error']).to.deep.include({ code: 'stage_timeout', pattern: 'Process <n> timed out after <n> s.' });
    const { body } = await call(`/dead-letters?fingerprint=${String(groups[0]!['fingerprint'])}`);
    expect(idsOf(body)).to.have.members(slow);
  });

  it('a list: by type, tenant and time; what there is not is named', async () => {
    expect(idsOf((await call('/dead-letters')).body)).to.have.members([...slow, broken]);
    expect(idsOf((await call('/dead-letters?type=report&tenant=default')).body)).to.have.length(3);
    expect(idsOf((await call('/dead-letters?tenant=other')).body)).to.deep.equal([]);
    expect(idsOf((await call('/dead-letters?failed_before=2020-01-01T00:00:00Z')).body)).to.deep.equal([]);
    for (const [query, detail] of [
      ['stage=p9', 'known stages: p1, p2'],
      ['type=none', 'known types: report'],
    ]) {
      const { status, body } = await call(`/dead-letters?${query}`);
      expect([status, body['detail']]).to.satisfy(([code, text]: [number, string]) => code === 422 && text.includes(detail!), query);
    }
    expect((await call('/dead-letters?fingerprint=x')).status).to.equal(400);
  });

  it('one: with what its caller gave, and left in its queue', async () => {
    const { status, body } = await call(`/dead-letters/${broken}`);
    expect(status).to.equal(200);
    expect(body).to.deep.include({ job_id: broken, stage: 'p1', error: body['error'] });
    expect(body['input']).to.be.an('object');
    expect(body['dead_letter_queue']).to.deep.include({ stage: 'p1', is_owed: true });
    const codeOf = async (id: string) => (await call(`/dead-letters/${id}`)).body['code'];
    expect(await codeOf(await gateway.submit())).to.equal('dead_letter_not_found');
    expect(await codeOf('0198c2a0-0000-7000-8000-000000000000')).to.equal('dead_letter_not_found');
    expect(await codeOf('none')).to.equal('job_not_found');
  });

  const groupsOf = async (query = '') => (await call(`/dead-letters/groups${query}`)).body['groups'] as Body[];
  const mark = (groupId: unknown, what: string, body: unknown) => call(`/dead-letters/groups/${String(groupId)}/${what}`, body);

  it('a group that is ignored: out of lists, groups and plans until then, unless it is asked for', async () => {
    const [first] = await groupsOf();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const ignored = await mark(first!['group_id'], 'ignore', { until, text: 'known' });
    expect([ignored.status, ignored.body['state'], ignored.body['ignored_until']]).to.deep.equal([200, 'ignored', until]);
    expect(ignored.body['notes']).to.have.length(1);
    expect((await groupsOf()).map(({ count }) => count)).to.deep.equal([1]);
    expect((await groupsOf('?state=ignored')).map(({ count }) => count)).to.deep.equal([2]);
    expect(idsOf((await call('/dead-letters')).body)).to.deep.equal([broken]);
    expect(idsOf((await call('/dead-letters?ignored=include')).body)).to.have.length(3);
    expect(idsOf((await call(`/dead-letters?fingerprint=${String(first!['fingerprint'])}`)).body)).to.have.members(slow);
    expect((await call('/replays', {})).body['planned']).to.equal(1);
    expect((await call('/replays', { filter: { ignored: 'include' } })).body['planned']).to.equal(3);
    expect((await mark(first!['group_id'], 'reopen', {})).body['state']).to.equal('open');
    expect(await groupsOf()).to.have.length(2);
    expect((await mark(first!['group_id'], 'ignore', { until: '2020-01-01T00:00:00Z' })).status).to.equal(422);
  });

  it('a group that is resolved: out of the default list, and a regression once it fails again', async () => {
    const [first] = await groupsOf();
    const id = first!['group_id'];
    await mark(id, 'notes', { text: 'who is at it' });
    expect((await mark(id, 'resolve', { text: 'fixed' })).body['state']).to.equal('resolved');
    expect((await groupsOf()).map(({ group_id }) => group_id)).to.not.include(id);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const again = await gateway.submit();
    await gateway.claim(again);
    await gateway.die(again, timedOut(99));
    const [regression] = await groupsOf('?state=regression');
    expect(regression).to.include({ group_id: id, state: 'regression', count: 3, first_seen_at: first!['first_at'] });
    expect((await groupsOf()).map(({ state }) => state)).to.deep.equal(['regression', 'open']);
    const { body } = await call(`/dead-letters/groups/${String(id)}`);
    expect((body['notes'] as Body[]).map(({ event, text }) => [event, text])).to.deep.equal([
      ['note', 'who is at it'],
      ['resolved', 'fixed'],
    ]);
    const { status, body: missing } = await mark('report.0.0000000000000000', 'notes', { text: 'x' });
    expect([status, missing['code']]).to.deep.equal([404, 'dead_letter_group_not_found']);
  });

  it('a plan: says what it would do and does nothing; applied with its digest, it is for a scheduler', async () => {
    const planned = await call('/replays', { filter: { stage: 'p1' }, rate_per_second: 2, ramp_percent: [50, 100], note: 'fixed' });
    expect(planned.status).to.equal(201);
    const { replay_id: id, digest } = planned.body as { replay_id: string; digest: string };
    expect(planned.headers.get('location')).to.equal(`/admin/v1/replays/${id}`);
    expect(planned.body).to.deep.include({ state: 'planned', planned: 3, steps: [2, 3], least_seconds: 2, filter: { stage: 'p1' } });
    expect(await gateway.recordOf(broken)).to.include({ state: 'FAILED', run: 0 });
    const wrong = await call(`/replays/${id}/apply`, { digest: 'a'.repeat(64) });
    expect([wrong.status, wrong.body['code']]).to.deep.equal([409, 'replay_conflict']);
    const applied = await call(`/replays/${id}/apply`, { digest });
    expect([applied.status, applied.body['state']]).to.deep.equal([202, 'collecting']);
    expect((await call(`/replays/${id}/apply`, { digest })).status).to.equal(409);
    expect((await call('/replays')).body['replays']).to.have.length(1);
    expect((await call(`/replays/${id}/items`)).body).to.deep.equal({ replay_id: id, items: [] });
  });

  it('an edit: checked by the type, kept with its difference, and run anew; fenced by the generation', async () => {
    const letter = (await call(`/dead-letters/${broken}`)).body;
    const { gen, input } = letter as { gen: number; input: { rows: unknown[] } };
    const edit = (body: Body) => call(`/jobs/${broken}/edit-and-replay`, { gen, ...body });
    const wrong = await edit({ patch: [{ op: 'replace', path: '/input', value: { rows: 'x' } }] });
    expect([wrong.status, (wrong.body['errors'] as Body[])[0]!['pointer']]).to.deep.equal([422, '/input/rows']);
    for (const [body, pointer] of [
      [{ patch: [{ op: 'remove', path: '/input/none' }] }, '/patch/0'],
      [{ patch: [{ op: 'add', path: '/other', value: 1 }] }, '/patch'],
      [{ merge_patch: {} }, '/merge_patch'],
      [{}, '/patch'],
      [{ patch: [{ op: 'dance', path: '' }] }, '/patch/0/op'],
    ] as const) {
      const { status, body: problem } = await edit(body);
      expect([status, (problem['errors'] as Body[])[0]!['pointer']], JSON.stringify(body)).to.deep.equal([422, pointer]);
    }
    const old = await edit({ gen: gen - 1, merge_patch: { options: { title: 'x' } } });
    expect(old.status, 'another generation').to.equal(412);
    expect(await gateway.recordOf(broken)).to.include({ state: 'FAILED', run: 0 });
    const patch = [{ op: 'add', path: '/input/rows/-', value: { city: 'Linz', price: 3 } }];
    const done = await edit({ patch, note: 'a row was missing' });
    expect(done.status).to.equal(202);
    expect(done.body).to.deep.include({ run: 1, gen: gen + 1, patch: [{ ...patch[0], path: `/input/rows/${input.rows.length}` }] });
    expect(await gateway.recordOf(broken)).to.include({ state: 'QUEUED', run: 1, stage: 0 });
    const payload = (await gateway.store.readPayloads([broken])).get(broken)!;
    expect((payload.input as typeof input).rows).to.deep.equal([...input.rows, { city: 'Linz', price: 3 }]);
    const { edits } = (await call(`/jobs/${broken}/edits`)).body as { edits: Body[] };
    expect(edits.map(({ by, note, run, outcome }) => [by, note, run, outcome])).to.deep.equal([
      ['operator', 'a row was missing', 1, 'replayed'],
    ]);
    expect(edits[0]!['original']).to.deep.equal({ input, options: letter['options'] });
    const again = await edit({ patch });
    expect([again.status, again.body['code']]).to.deep.equal([404, 'dead_letter_not_found']);
  });

  it('a removal: planned by a filter that must be given, applied with its digest, listed apart', async () => {
    expect((await call('/removals', {})).status).to.equal(422);
    const planned = await call('/removals', { filter: { stage: 'p1' }, note: 'of a test' });
    expect(planned.body).to.deep.include({ state: 'planned', planned: 3, steps: [3], filter: { stage: 'p1' } });
    const { removal_id: id, digest } = planned.body as { removal_id: string; digest: string };
    expect(planned.headers.get('location')).to.equal(`/admin/v1/removals/${id}`);
    expect((await call(`/removals/${id}/apply`, { digest })).body['state']).to.equal('collecting');
    expect((await call('/removals')).body['removals']).to.have.length(1);
    expect((await call('/replays')).body['replays']).to.deep.equal([]);
    expect([(await call(`/replays/${id}`)).status, (await call(`/removals/${id}`)).status]).to.deep.equal([404, 200]);
    expect((await call(`/removals/${id}/items`)).body).to.deep.equal({ removal_id: id, items: [] });
    expect((await call(`/removals/${id}/abort`, {})).body['abort_requested']).to.equal(true);
  });

  it('an undo: of a plan and asked for twice 409; of one under way it aborts it too', async () => {
    const { replay_id: id, digest } = (await call('/replays', {})).body as { replay_id: string; digest: string };
    expect((await call(`/replays/${id}/undo`, {})).status).to.equal(409);
    await call(`/replays/${id}/apply`, { digest });
    const asked = await call(`/replays/${id}/undo`, {});
    expect([asked.status, asked.body['abort_requested']]).to.deep.equal([202, true]);
    expect(asked.body['undo']).to.include({ by: 'operator' });
    const again = await call(`/replays/${id}/undo`, {});
    expect([again.status, again.body['code'], again.body['detail']]).to.deep.equal([
      409,
      'replay_conflict',
      'The undo of this replay was asked for already.',
    ]);
    expect((await call('/replays/none/undo', {})).status).to.equal(404);
  });

  it('an abort: of a plan at once, of what has ended 409, of nothing 404', async () => {
    const { replay_id: id, digest } = (await call('/replays', {})).body as { replay_id: string; digest: string };
    expect((await call(`/replays/${id}/abort`, {})).body['state']).to.equal('aborted');
    for (const path of [`/replays/${id}/abort`, `/replays/${id}/apply`]) expect((await call(path, { digest })).status, path).to.equal(409);
    for (const path of ['/replays/none', '/replays/none/items', '/replays/none/abort']) {
      const { status, body } = await call(path, path.endsWith('abort') ? {} : undefined);
      expect([status, body['code']], path).to.deep.equal([404, 'replay_not_found']);
    }
  });

  it('wrong terms: 422 with a pointer for each', async () => {
    const { status, body } = await call('/replays', { rate_per_second: 0, ramp_percent: [5, 5], max_failure_rate: 2, filter: { x: 1 } });
    expect(status).to.equal(422);
    const pointers = (body['errors'] as Body[]).map(({ pointer }) => pointer);
    expect(pointers).to.include.members(['/rate_per_second', '/max_failure_rate', '/ramp_percent']);
    expect((await call('/replays', { ramp_percent: [5, 50] })).body['detail']).to.contain('must end with 100');
  });
});
