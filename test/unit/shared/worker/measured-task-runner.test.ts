import { expect } from 'chai';
import { StopSwitch } from '../../../../shared/domain/stop-switch.ts';
import type { ClaimedJob } from '../../../../shared/ports/task-runner.ts';
import { ProcessMetrics } from '../../../../shared/runtime/metrics.ts';
import { MeasuredTaskRunner } from '../../../../shared/worker/measured-task-runner.ts';
import { handlerDurations } from '../../../../shared/worker/worker-metrics.ts';
import { someRecord } from '../../../contract/store-records.ts';
import { done, EngineWorld } from '../../../support/engine-world.ts';
import { ParsedMetrics } from '../../../support/parsed-metrics.ts';

describe('MeasuredTaskRunner', () => {
  it('a job by itself for 3 s, and a batch of two: one observation a call, by type and stage; answers are passed on', async () => {
    const world = new EngineWorld();
    const { clock, runner, pipelines } = world;
    world.script = async ({ record }) => {
      if (record.type === 'job') await clock.sleep(3_000);
      return done;
    };
    const metrics = new ProcessMetrics('p1-worker');
    const measured = new MeasuredTaskRunner(runner, clock, handlerDurations(metrics));
    const stage = pipelines.stageOf('job', 0);
    const jobOf = (type: string): ClaimedJob => ({
      record: someRecord({ type, stage: 0 }),
      payload: { input: {}, options: {} },
      stop: new StopSwitch(),
      signal: new AbortController().signal,
      progress: () => undefined,
    });
    const running = measured.runOne(jobOf('job'), stage, false);
    await clock.advance(3_000);
    expect((await running).outcome).to.deep.equal(done);
    expect(await measured.runInline([jobOf('quick'), jobOf('quick')], stage)).to.have.length(2);
    const seen = new ParsedMetrics((await metrics.render(undefined)).body);
    expect(seen.value('jobline_handler_duration_seconds_count', { type: 'job', stage: 'p1' })).to.equal(1);
    expect(seen.value('jobline_handler_duration_seconds_sum', { type: 'job', stage: 'p1' })).to.equal(3);
    expect(seen.value('jobline_handler_duration_seconds_count', { type: 'quick', stage: 'p1' })).to.equal(1);
    expect([measured.isolationOf('job', 'p1'), measured.mayRunTwice('twice', 'p1')]).to.deep.equal(['thread', true]);
  });
});
