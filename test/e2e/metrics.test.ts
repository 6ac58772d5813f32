import { expect } from 'chai';
import type { LocalMongodb } from '../../deploy/local/servers.d.mts';
import { eventually } from '../support/eventually.ts';
import { ParsedMetrics } from '../support/parsed-metrics.ts';
import { TestSystem } from '../support/test-system.ts';

/** Each scheduler samples each 5 s; the rest is for a busy machine. */
const SAMPLED_MS = 30_000;
/** An fsck, and until the sampler has read of it. */
const FSCK_MS = 100_000;
const SCRAPE_MS = 2_000;
const OF_P1 = { stage: 'p1', lane: 'standard' };

describe('Metrics of the services', function () {
  this.timeout(150_000);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ ownServers: true, restart: false, env: { WORKER_CONCURRENCY: '2' } });
  });

  after(() => system?.stop());

  async function scrape(service: string): Promise<ParsedMetrics> {
    const { healthPort } = system.system.processes.find((one) => one.service === service)!;
    const response = await fetch(`http://127.0.0.1:${healthPort}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS) });
    expect([response.status, response.headers.get('content-type')]).to.deep.equal([200, 'text/plain; version=0.0.4; charset=utf-8']);
    return new ParsedMetrics(await response.text());
  }

  /** Waits until a service shows a value that is right. */
  async function shows(
    service: string,
    name: string,
    labels: Record<string, string>,
    isRight: (value: number) => boolean,
    withinMs = SAMPLED_MS,
  ): Promise<void> {
    let last: number | undefined;
    await eventually(
      `${service} to show ${name}`,
      async () => (last = (await scrape(service)).value(name, labels)) !== undefined && isRight(last),
      withinMs,
    ).catch((error: unknown) => {
      throw new Error(`${(error as Error).message} ${JSON.stringify(labels)}; last seen: ${last}`);
    });
  }

  it('every process: shows itself, its Node.js and its way to RabbitMQ', async () => {
    for (const { service } of system.system.processes) {
      const seen = await scrape(service);
      expect(seen.samples.every(({ labels }) => labels['service'] === service)).to.equal(true);
      expect(seen.value('jobline_bus_up'), service).to.equal(1);
      expect(seen.value('nodejs_eventloop_lag_p99_seconds'), service).to.be.above(0);
      expect(seen.value('process_resident_memory_bytes'), service).to.be.above(10_000_000);
    }
  });

  it('more jobs than slots: show as running and queued, the oldest ages, the bounds are kept, and all is over in the end', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => system.submit('wait', { waitMs: { p1: 6_000 } })));
    await shows('scheduler', 'jobline_jobs', { ...OF_P1, state: 'queued' }, (value) => value > 0 && value <= 6);
    await shows('scheduler', 'jobline_jobs', { ...OF_P1, state: 'running' }, (value) => value === 2);
    await shows('scheduler', 'jobline_oldest_waiting_seconds', OF_P1, (value) => value > 5);
    await shows('scheduler', 'jobline_backlog_seconds', OF_P1, (value) => value > 5);
    const worker = await scrape('p1-worker');
    expect(worker.value('jobline_handler_slots')).to.equal(2);
    expect(worker.value('jobline_handler_slots_busy')).to.be.within(0, 2);
    expect(worker.value('jobline_claims_held')).to.be.within(0, 2);
    expect(worker.value('jobline_bells_held')).to.be.within(0, worker.value('jobline_bells_held_limit')!);
    expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: ids.length });
    await shows('scheduler', 'jobline_jobs', { state: 'queued' }, (value) => value === 0);
    await shows('scheduler', 'jobline_oldest_waiting_seconds', {}, (value) => value === 0);
    await shows('p1-worker', 'jobline_stage_ends_total', { outcome: 'committed' }, (value) => value >= 8);
    const durations = await scrape('p1-worker');
    expect(durations.value('jobline_handler_duration_seconds_count', { type: 'wait', stage: 'p1' })).to.be.at.least(8);
    expect(durations.value('jobline_handler_duration_seconds_bucket', { type: 'wait', stage: 'p1', le: '5' })).to.equal(0);
  });

  it('a job that fails for good at its second stage: is a retry and a death there, and a dead letter of that stage', async () => {
    const id = await system.submit('poison', { poison: { stage: 'p2', how: 'throw' } }, { lane: 'express' });
    expect(await system.untilAllEnded([id])).to.deep.equal({ FAILED: 1 });
    await shows('p2-worker', 'jobline_stage_ends_total', { outcome: 'retried' }, (value) => value === 1);
    await shows('p2-worker', 'jobline_stage_ends_total', { outcome: 'dead' }, (value) => value === 1);
    await shows('scheduler', 'jobline_dead_letters', { stage: 'p2', lane: 'express' }, (value) => value === 1);
    expect((await scrape('scheduler')).value('jobline_dead_letters', { stage: 'p1' })).to.equal(0);
    await shows('scheduler', 'jobline_task_items_total', { task: 'relay' }, (value) => value >= 2);
    await shows('scheduler', 'jobline_events_owed_lag_seconds', {}, (value) => value < 30);
  });

  it('inline jobs: show in the sizes of batches of gateway and worker, and as messages confirmed and acknowledged', async () => {
    const before = await scrape('p1-worker');
    const ids = await Promise.all(Array.from({ length: 40 }, () => system.submit('noop')));
    expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: 40 });
    const gateway = await scrape('gateway');
    expect(gateway.value('jobline_insert_batch_jobs_sum')).to.equal(gateway.value('jobline_gate_jobs_total', { result: 'admitted' }));
    expect(gateway.value('jobline_submissions_total', { result: 'accepted' })).to.be.at.least(40);
    expect(gateway.value('jobline_http_requests_total', { route: '/v1/jobs', status: '202' })).to.be.at.least(40);
    const after = await scrape('p1-worker');
    const grown = (name: string) => after.value(name)! - before.value(name)!;
    expect(grown('jobline_inline_batch_bells_sum')).to.be.at.least(40);
    expect(grown('jobline_bus_acks_total')).to.be.at.least(40);
    expect(gateway.value('jobline_bus_publishes_total', { outcome: 'confirmed' })).to.be.at.least(40);
  });

  it('fsck: its result is shown once it has ended', async () => {
    expect((await system.request('POST', '/admin/v1/fsck', { repair: false })).status).to.equal(202);
    await shows('scheduler', 'jobline_fsck_ended_timestamp_seconds', {}, (value) => Date.now() / 1_000 - value < 120, FSCK_MS);
    const seen = await scrape('scheduler');
    expect([seen.value('jobline_fsck_errors'), seen.value('jobline_fsck_unchecked')]).to.deep.equal([0, 0]);
    expect(seen.all('jobline_fsck_findings').length).to.be.above(5);
  });

  it('MongoDB away: every process is scraped at once, what is not known any more vanishes, and comes back', async () => {
    const mongodb = system.system.mongodb as LocalMongodb;
    await mongodb.stop();
    try {
      await eventually('a refusal', async () => (await system.request('POST', '/v1/jobs', { type: 'noop', input: {} })).status === 503);
      for (const { service } of system.system.processes) await scrape(service);
      await shows('gateway', 'jobline_store_guard_closed', {}, (value) => value === 1);
      await shows('gateway', 'jobline_submissions_total', { result: 'store_unavailable' }, (value) => value >= 1);
      await eventually('the figures to vanish', async () => (await scrape('scheduler')).value('jobline_jobs') === undefined, 60_000);
      const seen = await scrape('scheduler');
      expect(seen.value('jobline_sample_age_seconds')).to.be.above(30);
      expect(seen.value('jobline_sample_failures_total')).to.be.above(0);
    } finally {
      await mongodb.restart();
    }
    await shows('scheduler', 'jobline_jobs', { state: 'queued' }, (value) => value >= 0);
    await shows('gateway', 'jobline_store_guard_closed', {}, (value) => value === 0);
  });
});

describe('Metrics of one worker for all stages', function () {
  this.timeout(90_000);

  it('TOPOLOGY=single: the stages of all are shown by the one worker', async () => {
    const system = await TestSystem.start({ topology: 'single' });
    try {
      const id = await system.submit('wait');
      expect(await system.untilAllEnded([id])).to.deep.equal({ COMPLETED: 1 });
      const { healthPort } = system.system.processes.find(({ service }) => service === 'single-worker')!;
      const scrape = async () => new ParsedMetrics(await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text());
      const ends = { outcome: 'committed', service: 'single-worker' };
      // The record tells of a commit before its worker has been answered.
      await eventually('both commits', async () => (await scrape()).value('jobline_stage_ends_total', ends) === 2);
      const seen = (await scrape()).all('jobline_handler_duration_seconds_count', { type: 'wait' });
      expect(seen.map(({ labels }) => labels['stage'])).to.have.members(['p1', 'p2']);
    } finally {
      await system.stop();
    }
  });
});
