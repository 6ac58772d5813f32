import type { JobRecord } from '../../../shared/domain/job.ts';
import type { Change } from '../../oracles/history-observer.ts';
import { at, type Fields, withFields } from './legal-changes.ts';

type Both = Change & { readonly before: JobRecord; readonly after: JobRecord };
/** Makes a legal change of any kind illegal in one way. */
type Break = (legal: Both) => Both;

const after =
  (fields: (legal: Both) => Fields): Break =>
  (legal) => ({ ...legal, after: withFields(legal.after, fields(legal)) });
const before =
  (fields: (legal: Both) => Fields): Break =>
  (legal) => ({ ...legal, before: withFields(legal.before, fields(legal)) });
const pub = (more: object): Break => after(({ after: { pub: was } }) => ({ pub: { ...was, ...more } }));
const stays = (field: keyof JobRecord, value: unknown): Break => after(({ before: was }) => ({ [field]: was[field] ?? value }));
const lastResult = (more: object): Break =>
  after(({ after: { results } }) => ({ results: [...results.slice(0, -1), { ...results.at(-1)!, ...more }] }));
const lastLog = (more: object): Break => after(({ after: { log } }) => ({ log: [...log.slice(0, -1), { ...log.at(-1)!, ...more }] }));

/** How each named rule is broken. The same for every kind of change that the rule is for. */
export const BREAKS: Readonly<Record<string, Break>> = {
  'pub.due goes, pub.at is set': pub({ at: undefined }),
  'pub keeps by, to, for': pub({ by: 'another', for: 'another' }),
  'pub keeps by': pub({ by: 'another' }),
  'pub keeps at, to, for': pub({ at: at(-7) }),
  'pub keeps at': pub({ at: at(-7) }),
  'pub.by is new': pub({ by: 'old' }),
  'not before it was due': before(({ before: { pub: was } }) => ({ pub: { ...was, due: at(1) } })),
  'pub.due moves on': pub({ due: at(-1) }),
  'pub.due is now': pub({ due: at(1) }),
  'pub.due is now or later': pub({ due: at(-1) }),
  'pub.due is its commit or later': pub({ due: at(-1) }),
  'pub has due, by and no more': pub({ at: at(0) }),
  'pub has due, by, at most for besides, and no more': pub({ at: at(0) }),
  'pub has due, by, to and no more': pub({ at: at(0) }),
  'pub has by, at and no more': pub({ to: 'dlq' }),
  'pub.to is the dead letters': pub({ to: undefined }),
  'pub.to stays the dead letters': pub({ to: undefined }),
  'pub goes': pub({ at: at(0), by: 'old' }),
  'a dead letter was owed': before(() => ({ pub: { due: at(-1), by: 'old' } })),

  'only of an off-peak job': (legal) => ({
    ...legal,
    before: withFields(legal.before, { offPeak: undefined }),
    after: withFields(legal.after, { offPeak: undefined }),
  }),
  'run_at is when its bell is owed': after(() => ({ runAt: at(9_001) })),
  'not before the moment that was asked for': after(() => ({ runAt: at(1_000), pub: { due: at(1_000), by: 'new' } })),

  'epoch+1': after(({ before: { epoch } }) => ({ epoch: epoch + 2 })),
  'gen+1': after(({ before: { gen } }) => ({ gen })),
  'run+1': after(({ before: { run } }) => ({ run })),
  'stage+1': after(({ before: { stage } }) => ({ stage: stage + 2 })),
  'attempt+1': after(({ before: { attempt } }) => ({ attempt })),
  'attempt-1': after(({ before: { attempt } }) => ({ attempt })),
  'crashes+1': after(({ before: { crashes } }) => ({ crashes: crashes + 2 })),
  'attempt becomes 0': after(() => ({ attempt: 1 })),
  'crashes becomes 0': after(() => ({ crashes: 1 })),
  'active becomes true': after(() => ({ active: undefined })),
  'active goes': after(() => ({ active: true })),

  'claim is new': after(() => ({ claim: 'earlier' })),
  'owner is set': after(() => ({ owner: undefined })),
  'startedAt is the moment of the claim': after(() => ({ startedAt: at(1) })),
  'lease begins': after(() => ({ lease: { until: at(-1) } })),
  'attempts are bounded': (legal) => ({
    ...legal,
    before: withFields(legal.before, { maxAttempts: 1 }),
    after: withFields(legal.after, { maxAttempts: 1 }),
  }),
  'lease alone moves': after(() => ({ lease: {} as never })),
  'progress never goes back': after(() => ({ progress: 0.4 })),
  'progress stays': after(() => ({ progress: 0.1 })),
  'progress goes': after(() => ({ progress: 0.5 })),
  'claim goes': stays('claim', 'mine'),
  'owner goes': stays('owner', 'w:1'),
  'lease goes': stays('lease', { until: at(0) }),
  'startedAt goes': stays('startedAt', at(0)),
  'err goes': after(() => ({ err: { code: 'x', message: 'x', errorClass: 'retry' } })),
  'err is set': after(() => ({ err: undefined })),
  'expireAt goes': stays('expireAt', at(0)),
  'doneAt goes': stays('doneAt', at(0)),
  'deadlineAt goes or is set anew': stays('deadlineAt', at(0)),

  'commit by the claim’s holder': lastResult({ claim: 'zombie' }),
  'result names when it was started': lastResult({ startedAt: at(-1) }),
  'result has the new epoch and a new claim': lastResult({ epoch: 4 }),
  'result is of this stage and run': lastResult({ stage: 2 }),
  'earlier results stay, one is added': after(({ after: { results } }) => ({ results: results.slice(1) })),
  'one commit a stage and run': (legal) => {
    const results = [{ stage: 1, run: 2, epoch: 3, claim: 'other', at: at(-10) }];
    return {
      ...legal,
      before: withFields(legal.before, { results }),
      after: withFields(legal.after, { results: [...results, legal.after.results.at(-1)!] }),
    };
  },
  'no crash before': before(() => ({ crashes: 1 })),
  'at the same stage with its results, or from the beginning without': after(() => ({ stage: 0 })),
  'evt is owed no more': after(() => ({ evt: { seq: 2, due: at(0) } })),
  'evt is owed at once, seq+1': after(({ before: { evt } }) => ({ evt: { seq: evt?.seq ?? 0, due: at(0) } })),
  'evt is owed within 15 s or noted, seq+1': after(({ before: { evt } }) => ({ evt: { seq: evt?.seq ?? 0, due: at(0) } })),
  'evt.seq stays': after(({ after: { evt } }) => ({ evt: { ...evt, seq: 9 } })),
  'doneAt is the moment of the end': after(() => ({ doneAt: at(1) })),
  'expireAt is later than doneAt': after(({ after: { doneAt } }) => ({ expireAt: doneAt })),

  'uploadId stays unless the payload was edited': after(() => ({ uploadId: 'another' })),
  'former is as it was, or what this dead letter was': after(({ before: { gen } }) => ({ former: { gen } as never })),
  'former goes': stays('former', {}),
  'as it was before its replay': after(() => ({ attempt: 0 })),
  'expireAt is later than now': after(() => ({ expireAt: at(-1) })),
  'removed goes': after(() => ({ removed: { timeline: at(-1) } })),
  'no replay without its payload': before(() => ({ removed: { payload: at(-1) } })),
  'no later stage without the outputs before it': before(() => ({ removed: { outputs: at(-1) } })),
  'a part more is marked as removed, the others stay': after(() => ({ removed: { timeline: at(1) } })),
  'the log goes with the timeline alone': after(({ before: { log } }) => ({ log })),
  'expireAt is later than the end': after(({ after: { doneAt } }) => ({ expireAt: doneAt })),

  'lease was over': before(() => ({ lease: { until: at(0) } })),
  'deadline was over': before(() => ({ deadlineAt: at(1) })),
  'the last crash is a dead letter': (legal) => ({
    ...legal,
    before: withFields(legal.before, { crashes: 2 }),
    after: withFields(legal.after, { crashes: 3 }),
  }),
  'only after the last crash': (legal) => ({
    ...legal,
    before: withFields(legal.before, { crashes: 1 }),
    after: withFields(legal.after, { crashes: 2 }),
  }),
  ...Object.fromEntries(
    ['retry', 'dead', 'lease_lost', 'crash_loop', 'canceled', 'expired', 'released', 'replayed', 'replay_undone'].map((event) => [
      `log says ${event}`,
      lastLog({ stage: 0 }),
    ]),
  ),
  'nothing else changes': after(() => ({ reqHash: 'another' })),
};
