import { expect } from 'chai';
import { queuedSince, stageLabels } from '../../../../shared/domain/cluster-sample.ts';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { LANES } from '../../../../shared/domain/job.ts';
import { defineJobType, Pipelines } from '../../../../shared/domain/pipeline.ts';
import { ClusterSampler } from '../../../../shared/jobs/cluster-sampler.ts';
import { MARK_AFTER_MS } from '../../../../shared/jobs/lazy-marks.ts';
import { addClusterMetrics } from '../../../../shared/runtime/cluster-metrics.ts';
import { ProcessMetrics } from '../../../../shared/runtime/metrics.ts';
import { PAST, someRecord } from '../../../contract/store-records.ts';
import { EngineWorld } from '../../../support/engine-world.ts';
import { LOST, reportWith } from '../../../support/fsck-reports.ts';
import { MemoryFsckRuns } from '../../../support/memory-fsck-runs.ts';
import { MemoryJobFigures } from '../../../support/memory-job-figures.ts';
import { ParsedMetrics } from '../../../support/parsed-metrics.ts';

describe('ClusterSampler and its metrics', () => {
  let world: EngineWorld;
  let fsckRuns: MemoryFsckRuns;
  let sampler: ClusterSampler;
  let metrics: ProcessMetrics;

  beforeEach(async () => {
    world = new EngineWorld();
    const { clock, store, pipelines } = world;
    fsckRuns = new MemoryFsckRuns({ clock });
    sampler = new ClusterSampler({ ...world.deps, figures: new MemoryJobFigures(store), fsckRuns });
    metrics = new ProcessMetrics('scheduler');
    addClusterMetrics(metrics, sampler, stageLabels(pipelines));
    await sampler.start();
  });
  afterEach(async () => {
    const stopping = sampler.stop();
    await world.clock.advance(10_000);
    await stopping;
  });

  const scrape = async () => new ParsedMetrics((await metrics.render(undefined)).body);
  const p1 = { stage: 'p1', lane: 'standard' };

  /** Jobs whose bells have been rung and marked, which nobody works. */
  async function waiting(count: number): Promise<readonly string[]> {
    const ids = await Promise.all(Array.from({ length: count }, () => world.submit()));
    await world.clock.advance(MARK_AFTER_MS + 1_000);
    return ids;
  }

  it('no job: every stage, lane and state is there from the start, with 0', async () => {
    await world.clock.advance(100);
    const seen = await scrape();
    expect(seen.all('jobline_jobs')).to.have.length(2 * LANES.length * 4);
    expect(seen.all('jobline_dead_letters')).to.have.length(2 * LANES.length);
    expect(seen.all('jobline_oldest_waiting_seconds').every(({ value }) => value === 0)).to.equal(true);
    expect(seen.value('jobline_bells_owed_lag_seconds')).to.equal(0);
  });

  it('jobs that wait, 3 of 10 gone in 5 s: show their number, the age of the oldest and the time that the rest will take', async () => {
    const ids = await waiting(10);
    await world.clock.advance(9_000 - MARK_AFTER_MS);
    expect((await scrape()).value('jobline_backlog_seconds', p1), 'nobody works').to.equal(Number.POSITIVE_INFINITY);
    for (const id of ids.slice(0, 3)) world.patch(id, { state: 'COMPLETED', active: undefined as never, pub: undefined as never });
    await world.clock.advance(5_000);
    const seen = await scrape();
    expect(seen.value('jobline_jobs', { ...p1, state: 'queued' })).to.equal(7);
    expect(seen.value('jobline_oldest_waiting_seconds', p1)).to.be.within(14, 15);
    expect(seen.value('jobline_backlog_seconds', p1), 'none in 5 s, then 3 in 5 s').to.be.within(20, 25);
  });

  it('a bell that is owed: its lag grows from the moment at which it is due', async () => {
    await world.insert();
    await world.clock.advance(12_000);
    expect((await scrape()).value('jobline_bells_owed_lag_seconds'), 'due in 15 s').to.equal(0);
    await world.clock.advance(13_000);
    expect((await scrape()).value('jobline_bells_owed_lag_seconds')).to.equal(10);
  });

  it('a stage of a newer release: is shown as unknown', async () => {
    world.store.put(someRecord({ stage: 7, state: 'FAILED', doneAt: PAST, pub: undefined as never }));
    await world.clock.advance(5_000);
    expect((await scrape()).value('jobline_dead_letters', { stage: 'unknown' })).to.equal(1);
  });

  it('fsck, one with findings and a later one still open: the one that has ended is shown', async () => {
    await fsckRuns.request({ id: 'one', by: 'schedule', repair: false });
    await fsckRuns.end('one', { report: reportWith([LOST], { unchecked: ['dead letters'] }) });
    await world.clock.advance(1_000);
    await fsckRuns.request({ id: 'two', by: 'operator', repair: false });
    await world.clock.advance(31_000);
    const seen = await scrape();
    expect(seen.value('jobline_fsck_errors')).to.equal(1);
    expect(seen.value('jobline_fsck_unchecked')).to.equal(1);
    expect(seen.value('jobline_fsck_findings', { category: 'lost' })).to.equal(1);
    expect(seen.value('jobline_fsck_findings', { category: 'zombie' })).to.equal(0);
    expect(seen.value('jobline_fsck_ended_timestamp_seconds')).to.equal(Date.UTC(2026, 0, 1, 2, 30) / 1_000);
  });

  it('the store away: figures vanish once they are too old, their age is told, and they come back', async () => {
    await world.clock.advance(1_000);
    world.store.hook = () => {
      throw new StoreUnavailableError('away');
    };
    await world.clock.advance(20_000);
    expect((await scrape()).value('jobline_jobs'), 'still shown').to.equal(0);
    await world.clock.advance(20_000);
    const seen = await scrape();
    expect([seen.value('jobline_jobs'), seen.value('jobline_backlog_seconds')]).to.deep.equal([undefined, undefined]);
    expect(seen.value('jobline_sample_age_seconds')).to.equal(41);
    expect(seen.value('jobline_sample_failures_total')).to.equal(8);
    world.store.hook = undefined;
    await world.clock.advance(5_000);
    expect((await scrape()).value('jobline_jobs')).to.equal(0);
  });

  it('a backlog that takes 2 s to count: is counted each 40 s, and shown meanwhile', async () => {
    world.store.hook = ({ method }) => (method === 'backlog' ? world.clock.sleep(2_000) : undefined);
    await world.clock.advance(10_000);
    const before = world.store.calls.filter(({ method }) => method === 'backlog').length;
    await world.clock.advance(75_000);
    expect(world.store.calls.filter(({ method }) => method === 'backlog').length - before).to.equal(2);
    expect((await scrape()).value('jobline_jobs')).to.equal(0);
    expect((await scrape()).value('jobline_sample_duration_seconds')).to.equal(2);
  });
});

describe('stageLabels', () => {
  it('pipelines of different stages: every name that stands at a position', () => {
    const stages = (...names: string[]) => names.map((name) => ({ name }));
    const types = [defineJobType('a', stages('p1', 'p2')), defineJobType('b', stages('p1', 'render', 'p3'))];
    expect(stageLabels(new Pipelines(types))).to.deep.equal(['p1', 'p2|render', 'p3']);
  });
});

describe('queuedSince', () => {
  const at = (minute: number) => new Date(PAST.getTime() + minute * 60_000);
  const now = at(60);
  const fresh = someRecord({ stage: 0, results: [], log: [], createdAt: at(1) });

  it('a fresh job: since it was created', () => {
    expect(queuedSince(fresh, now)).to.deep.equal(at(1));
  });

  it('a job that was scheduled: since then, and not since a time that is yet to come', () => {
    expect(queuedSince({ ...fresh, runAt: at(30) }, now)).to.deep.equal(at(30));
    expect(queuedSince({ ...fresh, runAt: at(90) }, now)).to.deep.equal(at(1));
  });

  it('a job at its second stage, tried before: since its last failure', () => {
    const results = [{ stage: 0, run: 0, epoch: 1, claim: 'c', at: at(10) }];
    const log = [{ at: at(20), event: 'retry', stage: 1, attempt: 1, run: 0 }];
    expect(queuedSince({ ...fresh, stage: 1, results }, now)).to.deep.equal(at(10));
    expect(queuedSince({ ...fresh, stage: 1, results, log }, now)).to.deep.equal(at(20));
  });
});
