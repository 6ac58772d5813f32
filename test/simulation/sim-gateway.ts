import { JobConflictError } from '../../shared/domain/failures.ts';
import type { JobRecord } from '../../shared/domain/job.ts';
import { cancelJob } from '../../shared/jobs/cancel-job.ts';
import { getJob } from '../../shared/jobs/get-job.ts';
import { JobReplayer } from '../../shared/jobs/replay-job.ts';
import { JobSubmitter, type SubmitRequest, type SubmitResult } from '../../shared/jobs/submit-job.ts';
import { type UndoDeps, undoReplays } from '../../shared/jobs/undo-replays.ts';
import type { SimMessageBus } from './sim-message-bus.ts';
import type { SimProcess } from './sim-process.ts';
import { PIPELINES } from './sim-types.ts';
import type { Running } from './sim-worker.ts';
import type { SimWorld } from './sim-world.ts';
import { jobStoreOf } from './store-port.ts';

/** What a client may ask of a gateway. */
export interface Gateway extends Running {
  submit(request: SubmitRequest): Promise<SubmitResult>;
  cancel(id: string): Promise<JobRecord>;
  replay(id: string, fromBeginning: boolean): Promise<JobRecord>;
  /** Takes the replay back, if nobody has claimed it. */
  undo(id: string): Promise<JobRecord>;
}

async function undo(deps: UndoDeps, id: string): Promise<JobRecord> {
  const { gen } = await getJob(deps.store, 't', id);
  const undone = await undoReplays(deps, [{ jobId: id, gen: gen - 1 }], deps.clock.uuid());
  if (!undone.has(id)) throw new JobConflictError('It has no replay that can be undone.');
  return getJob(deps.store, 't', id);
}

/** A gateway's use cases, wired as services/gateway/main.ts wires them. */
export function simGateway(world: SimWorld, process: SimProcess, bus: SimMessageBus): Gateway {
  const store = jobStoreOf(process, world.database, world.plan.mode !== 'audit_off');
  const deps = { store, bus, clock: process.clock, pipelines: PIPELINES, logger: world.loggerOf(process) };
  const submitter = new JobSubmitter(deps);
  const replayer = new JobReplayer(deps);
  // A client that gives up does not end its request: a frozen gateway goes on with it when it thaws.
  let requests = 0;
  const counted = async <T>(request: Promise<T>): Promise<T> => {
    requests += 1;
    try {
      return await request;
    } finally {
      requests -= 1;
    }
  };
  return {
    start: async () => undefined,
    stop: async () => {
      await submitter.stop();
      await replayer.stop();
    },
    isBusy: () => requests > 0,
    submit: (request) => counted(submitter.submit(request)),
    cancel: (id) => counted(cancelJob(deps, 't', id)),
    replay: (id, fromBeginning) => counted(replayer.replay('t', id, { fromBeginning, mayBeUndone: true })),
    undo: (id) => counted(undo(deps, id)),
  };
}
