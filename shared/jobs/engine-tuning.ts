import type { StageLimits } from '../domain/control/limit.ts';
import type { LaneWeights } from '../domain/job.ts';

/** What operators may change at any time; undefined: as configured. */
export interface EngineTuning {
  /** Of isolated handlers: how many of the slots may be busy, and how many begin a second. */
  stageLimits(): StageLimits;
  laneWeights(): LaneWeights | undefined;
}
