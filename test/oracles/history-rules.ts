import type { JobRecord } from '../../shared/domain/job.ts';
import type { ChangeKind } from './change-kind.ts';
import {
  becomes,
  completes,
  dueFrom,
  dueNow,
  ends,
  errIsSet,
  evtOwed,
  gone,
  logged,
  moves,
  newToken,
  noHolder,
  pubHas,
  pubKeeps,
  type Rule,
  rule,
  stateTurns,
} from './rule.ts';
import { sameValue } from './same-value.ts';

/** A job that has crashed its worker so often is a dead letter. */
const LAST_CRASH = 3;
/** Attempts of a stage in a run that any policy may allow. */
const MOST_ATTEMPTS = 25;

/** What a replay that may be undone keeps of a dead letter. */
const FORMER = ['stage', 'attempt', 'crashes', 'results', 'err', 'doneAt'] as const;

const lastLogAt = (after: JobRecord): Date | undefined => after.log.at(-1)?.at;
const lastResultAt = (after: JobRecord): Date | undefined => after.results.at(-1)?.at;

/** The result of a plain commit: the holder's own claim and epoch are the evidence. */
const resultOfHolder: readonly Rule[] = [
  rule('commit by the claim’s holder', ['results'], ({ before, after }) => {
    const result = after.results.at(-1);
    return before.claim !== undefined && result?.claim === before.claim && result.epoch === before.epoch;
  }),
  rule('result names when it was started', ['results'], ({ before, after }) =>
    sameValue(after.results.at(-1)?.startedAt, before.startedAt),
  ),
];

/** The result of T3+5: a claim and an epoch of its own. */
const resultOfNewClaim: readonly Rule[] = [
  rule('result has the new epoch and a new claim', ['results'], ({ before, after, memory }) => {
    const result = after.results.at(-1);
    return result !== undefined && result.epoch === before.epoch + 1 && !memory.claims.some(({ claim }) => claim === result.claim);
  }),
];

const resultIsAdded: readonly Rule[] = [
  rule('result is of this stage and run', ['results'], ({ before, after, atMs }) => {
    const result = after.results.at(-1);
    return result?.stage === before.stage && result.run === before.run && result.at.getTime() <= atMs;
  }),
  rule('earlier results stay, one is added', ['results'], ({ before, after }) => sameValue(after.results.slice(0, -1), before.results)),
  rule('one commit a stage and run', ['results'], ({ before, memory }) => {
    const isSame = (one: { stage: number; run: number }): boolean => one.stage === before.stage && one.run === before.run;
    return !before.results.some(isSame) && !memory.commits.some(isSame);
  }),
];

const nextStage: readonly Rule[] = [
  stateTurns,
  moves('stage', 1),
  moves('gen', 1),
  becomes('attempt', 0),
  becomes('crashes', 0),
  ...resultIsAdded,
  gone('err'),
  gone('progress'),
  pubHas('due', 'by'),
  newToken,
  dueFrom('its commit', lastResultAt),
];

const lastStage: readonly Rule[] = [...completes, ...resultIsAdded, gone('err'), gone('progress'), gone('pub')];

/** Fused only for a job that never crashed a worker: others are claimed alone and durably first (T8). */
const fused: readonly Rule[] = [moves('epoch', 1), ...resultOfNewClaim, rule('no crash before', [], ({ before }) => before.crashes === 0)];

const dies: readonly Rule[] = [
  ...ends,
  ...noHolder,
  errIsSet,
  pubHas('due', 'by', 'to'),
  newToken,
  dueNow,
  rule('pub.to is the dead letters', ['pub'], ({ after }) => after.pub?.to === 'dlq'),
];

const waits: readonly Rule[] = [
  stateTurns,
  moves('gen', 1),
  ...noHolder,
  errIsSet,
  pubHas('due', 'by'),
  newToken,
  dueFrom('now', lastLogAt),
];

const leaseWasOver: Rule = rule(
  'lease was over',
  [],
  ({ before, atMs }) => before.lease !== undefined && before.lease.until.getTime() < atMs,
);

const stops: readonly Rule[] = [...noHolder, gone('pub')];

/** Taken by the relay, owed anew after a fence miss, parked, or found by the audit: they differ in why, not in what they write. */
const owes: readonly Rule[] = [newToken, pubKeeps('at', 'to', 'for')];

/** What docs/protocol.md promises of each change of a record, written anew from the page. Unnamed fields stay as they are. */
export const HISTORY_RULES: Readonly<Record<Exclude<ChangeKind, 'insert' | 'delete'>, readonly Rule[]>> = {
  mark: [
    rule(
      'pub.due goes, pub.at is set',
      ['pub'],
      ({ after, atMs }) => after.pub?.due === undefined && (after.pub?.at?.getTime() ?? Infinity) <= atMs,
    ),
    pubKeeps('by', 'to', 'for'),
  ],
  owe: owes,
  owe_again: owes,
  replan: [
    rule('only of an off-peak job', [], ({ before }) => before.offPeak !== undefined),
    rule('run_at is when its bell is owed', ['runAt'], ({ after }) => after.runAt !== undefined && sameValue(after.runAt, after.pub?.due)),
    rule('not before the moment that was asked for', [], ({ before, after }) => {
      const notBefore = before.offPeak?.notBefore;
      return notBefore === undefined || (after.runAt !== undefined && after.runAt >= notBefore);
    }),
    newToken,
    pubHas('due', 'by'),
  ],
  take: [
    rule('not before it was due', [], ({ before, atMs }) => before.pub?.due !== undefined && before.pub.due.getTime() <= atMs),
    stateTurns,
    rule('pub.due moves on', ['pub'], ({ before, after }) => {
      const [was, is] = [before.pub?.due, after.pub?.due];
      return was !== undefined && is !== undefined && is > was;
    }),
    newToken,
    pubKeeps('at', 'to', 'for'),
  ],
  claim: [
    stateTurns,
    moves('epoch', 1),
    moves('attempt', 1),
    rule('claim is new', ['claim'], ({ before, after, memory }) => {
      const isUsed = before.results.some(({ claim }) => claim === after.claim) || memory.claims.some(({ claim }) => claim === after.claim);
      return after.claim !== undefined && !isUsed;
    }),
    rule('owner is set', ['owner'], ({ after }) => after.owner !== undefined),
    rule('startedAt is the moment of the claim', ['startedAt'], ({ after, atMs }) => (after.startedAt?.getTime() ?? Infinity) <= atMs),
    rule(
      'lease begins',
      ['lease'],
      ({ after }) => after.lease !== undefined && after.startedAt !== undefined && after.lease.until > after.startedAt,
    ),
    gone('pub'),
    rule(
      'attempts are bounded',
      ['attempt'],
      ({ before, after }) => after.attempt <= (before.maxAttempts ?? MOST_ATTEMPTS) + before.crashes,
    ),
  ],
  heartbeat: [rule('lease alone moves', ['lease'], ({ after }) => after.lease?.until instanceof Date)],
  progress: [
    rule('progress never goes back', ['progress'], ({ before, after }) => {
      const is = after.progress;
      return is !== undefined && is >= (before.progress ?? 0) && is <= 1;
    }),
  ],
  commit: [...resultOfHolder, ...nextStage, ...noHolder],
  commit_last: [...resultOfHolder, ...lastStage, ...noHolder],
  fused: [...fused, ...nextStage],
  fused_last: [...fused, ...lastStage, moves('attempt', 1)],
  fail: [...waits, logged('retry', { byHolder: true })],
  dead: [...dies, logged('dead', { byHolder: true })],
  lease_lost: [
    leaseWasOver,
    ...waits,
    logged('lease_lost', { byHolder: true }),
    moves('crashes', 1),
    rule('the last crash is a dead letter', [], ({ after }) => after.crashes < LAST_CRASH),
  ],
  crash_loop: [
    leaseWasOver,
    ...dies,
    logged('crash_loop', { byHolder: true }),
    moves('crashes', 1),
    rule('only after the last crash', [], ({ after }) => after.crashes >= LAST_CRASH),
  ],
  cancel: [...ends, ...stops, logged('canceled')],
  expire: [
    rule('deadline was over', [], ({ before, atMs }) => before.deadlineAt !== undefined && before.deadlineAt.getTime() < atMs),
    ...ends,
    ...stops,
    logged('expired'),
  ],
  release: [
    stateTurns,
    moves('gen', 1),
    moves('attempt', -1),
    ...noHolder,
    rule('progress stays', ['progress'], ({ before, after }) => (after.progress ?? 0) === (before.progress ?? 0)),
    rule('pub has due, by, at most for besides, and no more', ['pub'], ({ after }) => {
      const { due, by, for: _, ...rest } = after.pub ?? {};
      return due !== undefined && by !== undefined && Object.values(rest).every((value) => value === undefined);
    }),
    newToken,
    dueFrom('now', lastLogAt),
    logged('released', { byHolder: true }),
  ],
  replay: [
    stateTurns,
    moves('gen', 1),
    moves('run', 1),
    becomes('attempt', 0),
    becomes('crashes', 0),
    becomes('active', true),
    ...noHolder,
    ...(['expireAt', 'doneAt', 'err', 'progress', 'removed'] as const).map(gone),
    rule('no replay without its payload', [], ({ before }) => before.removed?.payload === undefined),
    rule('no later stage without the outputs before it', [], ({ before, after }) => !before.removed?.outputs || after.results.length === 0),
    rule('deadlineAt goes or is set anew', ['deadlineAt'], ({ before, after }) => {
      return after.deadlineAt === undefined || !sameValue(after.deadlineAt, before.deadlineAt);
    }),
    rule('at the same stage with its results, or from the beginning without', ['stage', 'results'], ({ before, after }) => {
      if (after.stage === before.stage && sameValue(after.results, before.results)) return true;
      return after.stage === 0 && after.results.length === 0;
    }),
    rule('evt is owed no more', ['evt'], ({ before, after }) => after.evt?.seq === before.evt?.seq && after.evt?.due === undefined),
    pubHas('due', 'by'),
    newToken,
    dueNow,
    logged('replayed'),
    rule('uploadId stays unless the payload was edited', ['uploadId'], ({ before, after }) => {
      return (
        sameValue(after.uploadId, before.uploadId) || after.log.at(-1)?.message?.startsWith('replayed with an edited payload') === true
      );
    }),
    rule('former is as it was, or what this dead letter was', ['former'], ({ before, after }) => {
      if (sameValue(after.former, before.former)) return true;
      const was = Object.fromEntries(['gen' as const, ...FORMER].map((field) => [field, before[field]]));
      return before.state === 'FAILED' && sameValue(after.former, was);
    }),
  ],
  undo_replay: [
    stateTurns,
    moves('gen', 1),
    gone('active'),
    gone('former'),
    rule('as it was before its replay', FORMER, ({ before, after }) =>
      FORMER.every((field) => sameValue(after[field], before.former?.[field])),
    ),
    rule('expireAt is later than now', ['expireAt'], ({ after, atMs }) => after.expireAt !== undefined && after.expireAt.getTime() > atMs),
    evtOwed,
    pubHas('due', 'by', 'to'),
    newToken,
    dueNow,
    rule('pub.to is the dead letters', ['pub'], ({ after }) => after.pub?.to === 'dlq'),
    logged('replay_undone'),
  ],
  take_dead: [
    rule('not before it was due', [], ({ before, atMs }) => before.pub?.due !== undefined && before.pub.due.getTime() <= atMs),
    newToken,
    rule('pub.to stays the dead letters', ['pub'], ({ before, after }) => before.pub?.to === 'dlq' && after.pub?.to === 'dlq'),
    pubKeeps('at'),
  ],
  mark_dead: [
    rule('a dead letter was owed', [], ({ before }) => before.pub?.due !== undefined && before.pub.to === 'dlq'),
    pubHas('by', 'at'),
    pubKeeps('by'),
  ],
  owe_dead: [newToken, dueNow, rule('pub.to is the dead letters', ['pub'], ({ after }) => after.pub?.to === 'dlq'), pubKeeps('at')],
  postpone_event: [rule('evt.seq stays', ['evt'], ({ before, after }) => before.evt?.seq === after.evt?.seq)],
  mark_event: [rule('evt.seq stays', ['evt'], ({ before, after }) => before.evt?.seq === after.evt?.seq)],
  remove_part: [
    rule('a part more is marked as removed, the others stay', ['removed'], ({ before, after, atMs }) => {
      const added = Object.entries(after.removed ?? {}).filter(([part]) => before.removed?.[part as 'payload'] === undefined);
      const kept = Object.entries(before.removed ?? {}).every(([part, at]) => sameValue(after.removed?.[part as 'payload'], at));
      return kept && added.length === 1 && added[0]![1].getTime() <= atMs;
    }),
    rule('the log goes with the timeline alone', ['log'], ({ before, after }) => {
      if (before.removed?.timeline === undefined && after.removed?.timeline !== undefined) return after.log.length === 0;
      return sameValue(after.log, before.log);
    }),
  ],
  retain: [rule('expireAt is later than the end', ['expireAt'], ({ after }) => after.expireAt! > after.doneAt!)],
};
