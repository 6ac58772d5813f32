import { expect } from 'chai';
import { HttpPoster } from '../bench/contenders/http-poster.ts';
import { OpenLoop } from '../bench/overload/open-loop.ts';
import { eventually } from '../support/eventually.ts';
import { ParsedMetrics } from '../support/parsed-metrics.ts';
import { TestSystem } from '../support/test-system.ts';

const BOUND = 20;
/** Two slots a stage and 100 ms a stage: less than 20 jobs a second are worked off. */
const STAGE_MS = 100;
const LOAD = { perSecond: 60, seconds: 2 } as const;
const GONE_MS = 30_000;

describe('Overload', function () {
  this.timeout(120_000);
  let system: TestSystem;
  let poster: HttpPoster;

  before(async () => {
    system = await TestSystem.start({ env: { MAX_WAITING_JOBS: String(BOUND), WORKER_CONCURRENCY: '2' } });
    poster = new HttpPoster(system.system.api, LOAD.perSecond * LOAD.seconds);
  });
  after(async () => {
    poster?.end();
    await system?.stop();
  });

  const waitingAsShown = async () =>
    new ParsedMetrics(await (await fetch(`${system.system.admin}/metrics`)).text()).value('jobline_gate_waiting_jobs');

  it('three times what can be worked off: is accepted or cleanly refused, who comes back as told gets in, all accepted jobs end', async () => {
    const input = { effects: system.effects.path, waitMs: { p1: STAGE_MS, p2: STAGE_MS } };
    const body = JSON.stringify({ type: 'wait', input });
    // With a key: a 503 of a database that was slow may have stored the job.
    const post = (n: number) => poster.post('/v1/jobs', 'application/json', body, `job-${n}`);
    const { answers } = await new OpenLoop({ ...LOAD, from: 0, post }).run();
    expect(answers.flatMap(({ reading }) => (reading.kind === 'fault' ? [reading.fault] : []))).to.deep.equal([]);
    const refused = answers.filter(({ reading }) => reading.kind === 'refused');
    expect(refused.length).to.be.above(0);
    expect([...new Set(refused.map(({ reading }) => reading.status))]).to.deep.equal([503]);
    expect(answers.filter(({ visit, reading }) => visit > 1 && reading.kind === 'accepted').length).to.be.above(0);
    const ids = answers.flatMap(({ reading }) => (reading.kind === 'accepted' ? [reading.jobId] : []));
    expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: ids.length });
    expect(await system.db.collection('jobs').countDocuments()).to.equal(ids.length);
  });

  it('the load is over: the gateway goes on counting, and shows that nothing waits any more', async () => {
    await eventually('no job to be shown as waiting', async () => (await waitingAsShown()) === 0, GONE_MS);
  });
});
