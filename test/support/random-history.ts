import type { JobRecord } from '../../shared/domain/job.ts';
import type { Transition } from '../../shared/domain/transition.ts';
import * as protocol from '../../shared/domain/transitions.ts';
import { applyUpdate, meetsCondition } from './memory-transition.ts';

/** One kind of thing that may happen to a job; not all can happen to all. */
export const HAPPENINGS = [
  'take',
  'claim',
  'claim',
  'claimCommit',
  'progress',
  'commit',
  'commit',
  'fail',
  'leaseLost',
  'release',
  'dead',
  'crashLoop',
  'cancel',
  'expire',
  'replay',
  'replayFromBeginning',
  'mark',
] as const;
export type Happening = (typeof HAPPENINGS)[number];

const RETAIN_MS = 86_400_000;
const ERROR = { code: 'handler_error', message: 'It broke.', errorClass: 'retry' } as const;
const STEP_MS = 1_000;

function transitionOf(what: Happening, record: JobRecord, stages: number): Transition {
  const { stage, gen, claim = '', epoch } = record;
  const token = `token-${gen}-${epoch}`;
  const last = stage === stages - 1;
  const terms = { claim, token, retainMs: RETAIN_MS, error: ERROR };
  switch (what) {
    case 'take':
      return protocol.take(token);
    case 'claim':
      return protocol.claim({ stage, gen, claim: `claim-${epoch + 1}`, owner: 'w', leaseMs: 500 });
    case 'claimCommit':
      return protocol.claimCommit({ stage, gen, claim: `claim-${epoch + 1}`, last, token, retainMs: RETAIN_MS, tookMs: 1 });
    case 'progress':
      return protocol.progress(claim, Math.min(1, (record.progress ?? 0) + 0.3));
    case 'commit':
      return protocol.commit({ claim, last, token, retainMs: RETAIN_MS });
    case 'fail':
      return protocol.fail({ ...terms, afterMs: 500 });
    case 'leaseLost':
      return protocol.leaseLost({ ...terms, afterMs: 500 });
    case 'release':
      return protocol.release({ claim, token });
    case 'dead':
      return protocol.dead(terms);
    case 'crashLoop':
      return protocol.crashLoop(terms);
    case 'cancel':
      return protocol.cancel(RETAIN_MS);
    case 'expire':
      return protocol.expire(RETAIN_MS);
    case 'replay':
      return protocol.replay({ gen, token });
    case 'replayFromBeginning':
      return protocol.replay({ gen, token, fromBeginning: true });
    case 'mark':
      return protocol.mark([record.pub?.by ?? '']);
  }
}

/** Every version of a job's record that these happenings lead to, the submission first; what cannot happen is left out. */
export function versionsOf(start: JobRecord, happenings: readonly Happening[], stages: number): readonly JobRecord[] {
  const versions = [start];
  let now = start.createdAt.getTime();
  for (const what of happenings) {
    const record = versions.at(-1)!;
    const transition = transitionOf(what, record, stages);
    now += STEP_MS;
    if (meetsCondition(record, transition.when, new Date(now))) versions.push(applyUpdate(record, transition, new Date(now)));
  }
  return versions;
}
