import type { JobRecord } from '../../shared/domain/job.ts';
import type { StepMaker } from './step-maker.ts';

/** What all steps of the environment need: the world, and its records as this node has them. */
export abstract class EnvironmentView {
  protected readonly maker: StepMaker;

  constructor(maker: StepMaker) {
    this.maker = maker;
  }

  protected local(job: number): JobRecord {
    return this.maker.world.local[job]!.job;
  }
}
