import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { TestSystem } from '../support/test-system.ts';

type Body = Record<string, unknown>;
interface Replay extends Body {
  readonly replay_id: string;
  readonly digest: string;
  readonly state: string;
  readonly counts?: Readonly<Record<string, number>>;
}

describe('Replays of many dead letters', function () {
  this.timeout(120_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ scale: { scheduler: 2 } });
  });
  after(() => system?.stop());

  /** Dead letters whose first `runs` runs fail. */
  async function dead(count: number, runs: number): Promise<readonly string[]> {
    const poison = { stage: 'p1', how: 'reject', runs };
    const ids = await Promise.all(Array.from({ length: count }, () => system.submit('poison-inline', { poison })));
    expect(await system.untilAllEnded(ids)).to.deep.equal({ FAILED: count });
    return ids;
  }

  async function plan(more: Body = {}): Promise<Replay> {
    const { status, body } = await system.request<Replay>('POST', '/admin/v1/replays', { filter: { type: 'poison-inline' }, ...more });
    expect(status).to.equal(201);
    return body;
  }

  const read = async (id: string) => (await system.request<Replay>('GET', `/admin/v1/replays/${id}`)).body;
  const apply = ({ replay_id, digest }: Replay) => system.request<Replay>('POST', `/admin/v1/replays/${replay_id}/apply`, { digest });
  const ended = (id: string) => eventually('the replay to end', async () => (await read(id))['ended_at'] !== undefined, 60_000);

  async function runsOf(ids: readonly string[]): Promise<readonly number[]> {
    const jobs = system.db.collection<{ _id: string; run: number }>('jobs');
    return (await jobs.find({ _id: { $in: [...ids] } }).toArray()).map(({ run }) => run);
  }

  it('of one cause: planned, applied, replayed once each though its schedulers are killed, and all complete', async () => {
    const ids = await dead(120, 1);
    const { body } = await system.request<{ groups: Body[] }>('GET', '/admin/v1/dead-letters/groups?type=poison-inline');
    expect(body.groups.map(({ count, stage }) => [count, stage])).to.deep.equal([[120, 'p1']]);
    const planned = await plan({ filter: { fingerprint: body.groups[0]!['fingerprint'] }, rate_per_second: 30 });
    expect(planned).to.deep.include({ planned: 120, steps: [2, 6, 24, 120] });
    expect((await apply(planned)).status).to.equal(202);
    await eventually('some to be replayed', async () => ((await read(planned.replay_id)).counts?.['completed'] ?? 0) > 5);
    for (const pid of system.pidsOf('scheduler')) process.kill(pid, 'SIGKILL');
    await ended(planned.replay_id);
    expect(await read(planned.replay_id)).to.deep.include({
      state: 'done',
      counts: { pending: 0, replayed: 0, completed: 120, failed: 0, skipped: 0 },
    });
    expect(new Set(await runsOf(ids))).to.deep.equal(new Set([1]));
  });

  it('whose canary fails again: stops by itself, and says why; the rest stay dead letters', async () => {
    const ids = await dead(50, 9);
    const planned = await plan({ ramp_percent: [10, 100] });
    await apply(planned);
    await ended(planned.replay_id);
    const { state, reason, counts } = await read(planned.replay_id);
    expect([state, counts]).to.deep.equal(['stopped', { pending: 45, replayed: 0, completed: 0, failed: 5, skipped: 0 }]);
    expect(reason).to.contain('5 of the 5 jobs that have ended failed again: 100 %');
    expect((await runsOf(ids)).filter((run) => run === 1)).to.have.length(5);
    const { body } = await system.request<{ items: Body[] }>('GET', `/admin/v1/replays/${planned.replay_id}/items?outcome=failed`);
    expect(body.items).to.have.length(5);
    await eventually(
      'the dead letters that were taken out to be back in their queue, and no other',
      async () => {
        const { body: shown } = await system.request<{ stages: Body[] }>('GET', '/admin/v1/stages');
        const queues = shown.stages.flatMap((stage) => stage['dead_letter_queues'] as { stage: string; messages: number }[]);
        return queues.find(({ stage }) => stage === 'p1')?.messages === 50;
      },
      60_000,
    );
  });
});
