import { claim, commit, fail, take } from '../../shared/domain/transitions.ts';
import type { JobStore } from '../../shared/ports/job-store.ts';
import { systemClock as clock } from '../../shared/runtime/system-clock.ts';

const ERROR = { code: 'handler_error', message: 'It broke.', errorClass: 'retry' } as const;

/** What a client that listens is told of `lifeOf`, from the submission on. */
export const WHOLE_LIFE = [
  'QUEUED',
  'PROCESS_1_RUNNING',
  'RETRYING',
  'RETRYING',
  'PROCESS_1_RUNNING',
  'PROCESS_1_DONE',
  'PROCESS_2_RUNNING',
  'COMPLETED',
];

/** A job's life, transition by transition, as workers and scheduler would make it. */
export function lifeOf(store: Pick<JobStore, 'read' | 'apply'>, id: string): readonly (() => Promise<unknown>)[] {
  let held = '';
  const start = async () => {
    const [record] = await store.read([id], 'local');
    held = clock.uuid();
    return store.apply([id], claim({ stage: record!.stage, gen: record!.gen, claim: held, owner: 'test', leaseMs: 60_000 }));
  };
  const done = (last: boolean) => () => store.apply([id], commit({ claim: held, last, token: clock.uuid(), retainMs: 86_400_000 }));
  return [
    start,
    () => store.apply([id], fail({ claim: held, error: ERROR, token: clock.uuid(), afterMs: 0 })),
    () => store.apply([id], take(clock.uuid())),
    start,
    done(false),
    start,
    done(true),
  ];
}
