import { expect } from 'chai';
import { GatewayFixture } from './gateway-fixture.ts';

describe('versions of job types on the control plane', () => {
  let gateway: GatewayFixture;
  beforeEach(async () => {
    gateway = await new GatewayFixture().start();
  });
  afterEach(() => gateway.stop());

  async function versions(): Promise<Record<string, unknown>[]> {
    const answer = await fetch(gateway.adminUrl('/admin/v1/versions'));
    const { types } = (await answer.json()) as { types: { type: string; versions: Record<string, unknown>[] }[] };
    expect([answer.status, types.map(({ type }) => type)]).to.deep.equal([200, ['http', 'report', 'summarize']]);
    return types[1]!.versions;
  }

  it('the newest: stays, used or not', async () => {
    expect(await versions()).to.deep.equal([
      {
        version: 1,
        is_newest: true,
        is_known: true,
        stages: ['p1', 'p2'],
        active: 0,
        dead_letters: 0,
        may_be_removed: false,
        needed_because: ['It is the newest: new jobs are of it.'],
      },
    ]);
  });

  it('another that jobs have pinned: is listed with what needs it, though this gateway does not know it', async () => {
    const submit = () => gateway.store.insert([{ ...JOB, id: gateway.deps.clock.uuid(), token: gateway.deps.clock.uuid() }]);
    await submit();
    await submit();
    const [old] = (await versions()).filter(({ version }) => version === 9);
    expect(old).to.deep.include({ is_known: false, is_newest: false, active: 2, may_be_removed: false, stages: [] });
    expect(old!['needed_because']).to.deep.equal(['2 jobs have not ended.']);
  });
});

const JOB = {
  tenant: 'default',
  type: 'report',
  lane: 'standard' as const,
  pipelineVersion: 9,
  reqHash: 'x',
  payload: { input: {}, options: {} },
};
