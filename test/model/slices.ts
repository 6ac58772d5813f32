import type { Features, Slice } from './slice.ts';

const ONE: Features = { jobs: 1, stages: 1, workers: 1, slots: 1 };
const CHAOS = { duplicates: true, crashes: true } as const;

/**
 * The parts of the whole that are explored, each completely. Nothing is lost and the audit is off unless a slice says so:
 * then no bell may depend on it.
 */
export const SLICES: readonly Slice[] = [
  {
    name: 'pipeline',
    about: 'two stages, two workers, duplicates, crashes, zombies',
    isQuick: true,
    features: { ...ONE, stages: 2, workers: 2, ...CHAOS },
  },
  {
    name: 'attempts',
    about: 'two stages, two workers: retries, rejects and releases too',
    isQuick: false,
    features: { ...ONE, stages: 2, workers: 2, ...CHAOS, retry: true, reject: true, release: true },
  },
  {
    name: 'answers',
    about: 'two stages: every write may be applied and reported as failed',
    isQuick: true,
    features: { ...ONE, stages: 2, ...CHAOS, unknown: true, retry: true, release: true },
  },
  {
    name: 'answers-2',
    about: 'the same with two workers, one stage',
    isQuick: false,
    features: { ...ONE, workers: 2, ...CHAOS, unknown: true, retry: true, reject: true, release: true },
  },
  {
    name: 'fail-over',
    about: 'two workers: claims, marks and heartbeats are taken back, reads are local or majority',
    isQuick: true,
    features: { ...ONE, workers: 2, ...CHAOS, failover: true },
  },
  {
    name: 'fail-over-stages',
    about: 'two stages, retries and releases under fail-overs',
    isQuick: false,
    features: { ...ONE, stages: 2, workers: 2, ...CHAOS, failover: true, retry: true, release: true },
  },
  {
    name: 'fail-over-answers',
    about: 'a fail-over takes back a commit, a take or a release whose answer was lost',
    isQuick: true,
    features: { ...ONE, crashes: true, failover: true, unknown: true, release: true, reject: true },
  },
  {
    name: 'fail-over-answers-2',
    about: 'the same with two stages, duplicates and retries',
    isQuick: false,
    features: { ...ONE, stages: 2, ...CHAOS, failover: true, unknown: true, retry: true, reject: true, release: true },
  },
  {
    name: 'requests',
    about: 'cancel, deadline and replay, also from the beginning, at any moment',
    isQuick: true,
    features: { ...ONE, stages: 2, ...CHAOS, reject: true, cancel: true, deadline: true, replay: 'beginning' },
  },
  {
    name: 'requests-fail-over',
    about: 'the same under fail-overs and lost answers, replays from the failed stage',
    isQuick: false,
    features: { ...ONE, stages: 2, ...CHAOS, failover: true, unknown: true, reject: true, cancel: true, deadline: true, replay: true },
  },
  {
    name: 'later',
    about: 'submitted for later and planned again, with retries, long runs that are acknowledged early and bells parked behind them',
    isQuick: true,
    features: { ...ONE, workers: 2, scheduled: true, replans: true, ...CHAOS, retry: true, longRuns: true },
  },
  {
    name: 'later-fail-over',
    about: 'the same under fail-overs',
    isQuick: false,
    features: { ...ONE, workers: 2, scheduled: true, replans: true, ...CHAOS, failover: true, retry: true, longRuns: true },
  },
  {
    name: 'later-answers',
    about: 'the same under fail-overs and lost answers, one worker',
    isQuick: false,
    features: { ...ONE, scheduled: true, replans: true, ...CHAOS, failover: true, unknown: true, retry: true, longRuns: true },
  },
  {
    name: 'stale',
    about: 'every bell is followed to its end, however old',
    isQuick: true,
    features: { ...ONE, stages: 2, ...CHAOS, retry: true, reject: true, release: true, staleBells: true },
  },
  {
    name: 'lossy',
    about: 'the broker loses what it has confirmed; the audit runs',
    isQuick: true,
    features: { ...ONE, stages: 2, workers: 2, ...CHAOS, lossy: true, audit: true },
  },
  {
    name: 'letters',
    about: 'dead letters: relay, janitor, moved by hand, also behind a long run, lost, purged; replays',
    isQuick: true,
    features: { ...ONE, ...CHAOS, lossy: true, audit: true, reject: true, replay: true, longRuns: true, deadLetters: true },
  },
  {
    name: 'undo',
    about: 'replays of dead letters that are taken back before anybody has claimed them, two stages',
    isQuick: true,
    features: { ...ONE, stages: 2, ...CHAOS, reject: true, replay: 'beginning', undo: true, deadLetters: true },
  },
  {
    name: 'undo-fail-over',
    about: 'the same with one stage and cancel, under fail-overs and lost answers',
    isQuick: false,
    features: {
      ...ONE,
      ...CHAOS,
      failover: true,
      unknown: true,
      reject: true,
      cancel: true,
      replay: true,
      undo: true,
      deadLetters: true,
    },
  },
  {
    name: 'letters-fail-over',
    about: 'the same with cancel, under fail-overs and lost answers, nothing lost',
    isQuick: false,
    features: {
      ...ONE,
      ...CHAOS,
      failover: true,
      unknown: true,
      reject: true,
      release: true,
      cancel: true,
      replay: true,
      longRuns: true,
      deadLetters: true,
    },
  },
  {
    name: 'retention',
    about: 'payloads of ended jobs are removed while people replay them, also by a moved letter',
    isQuick: true,
    features: { ...ONE, reject: true, replay: true, deadLetters: true, retention: true },
  },
  {
    name: 'retention-fail-over',
    about: 'the same without letters, under fail-overs and lost answers',
    isQuick: false,
    features: { ...ONE, failover: true, unknown: true, reject: true, replay: true, retention: true },
  },
  {
    name: 'events',
    about: 'terminal events with cancel and replay',
    isQuick: true,
    features: { ...ONE, crashes: true, reject: true, cancel: true, replay: true, events: true },
  },
  {
    name: 'events-fail-over',
    about: 'the same under fail-overs and lost answers',
    isQuick: false,
    features: { ...ONE, crashes: true, failover: true, unknown: true, reject: true, cancel: true, replay: true, events: true },
  },
  {
    name: 'batch',
    about: 'two jobs in one claim and one commit, applied in part',
    isQuick: true,
    features: { ...ONE, jobs: 2, slots: 2, unknown: true, batch: true, keepsLeases: true },
  },
  {
    name: 'batch-crashes',
    about: 'two jobs in one claim and one commit, and crashes of their worker',
    isQuick: false,
    features: { ...ONE, jobs: 2, slots: 2, crashes: true, batch: true, keepsLeases: true },
  },
  {
    name: 'batch-fail-over',
    about: 'two jobs in one claim and one commit, under fail-overs',
    isQuick: false,
    features: { ...ONE, jobs: 2, slots: 2, failover: true, batch: true, keepsLeases: true },
  },
  {
    name: 'marks',
    about: 'two jobs whose marks are gathered and written together',
    isQuick: true,
    features: { ...ONE, jobs: 2, stages: 1, release: true, batch: true, gatheredMarks: true },
  },
  {
    name: 'neighbours',
    about: 'a job that kills its worker beside one that never does: quarantine',
    isQuick: true,
    features: { ...ONE, jobs: 2, slots: 2, poison: true, promptRelease: true, keepsLeases: true },
  },
  {
    name: 'neighbours-2',
    about: 'the same with two workers and duplicates',
    isQuick: false,
    features: { ...ONE, jobs: 2, workers: 2, slots: 2, duplicates: true, poison: true, promptRelease: true, keepsLeases: true },
  },
  {
    name: 'suspects',
    about: 'a job that kills its worker, under fail-overs',
    isQuick: true,
    features: { ...ONE, workers: 2, duplicates: true, failover: true, poison: true },
  },
  {
    name: 'messages',
    about: 'a message of two jobs, split on redelivery',
    isQuick: true,
    features: { ...ONE, jobs: 2, ...CHAOS, multiBell: true, keepsLeases: true },
  },
  {
    name: 'messages-fail-over',
    about: 'the same under fail-overs',
    isQuick: false,
    features: { ...ONE, jobs: 2, ...CHAOS, failover: true, multiBell: true, keepsLeases: true },
  },
  {
    name: 'fused',
    about: 'claim and commit in one write, failures under a claim, two workers',
    isQuick: true,
    features: { ...ONE, workers: 2, ...CHAOS, retry: true, fused: true, keepsLeases: true },
  },
  {
    name: 'fused-stages',
    about: 'the same with two stages and zombies, one worker',
    isQuick: false,
    features: { ...ONE, stages: 2, ...CHAOS, retry: true, fused: true },
  },
  {
    name: 'fused-answers',
    about: 'the same with lost answers, fail-overs and cancel',
    isQuick: false,
    features: { ...ONE, workers: 2, ...CHAOS, unknown: true, failover: true, cancel: true, fused: true },
  },
  {
    name: 'fused-poison',
    about: 'a fused job that kills its worker is given up',
    isQuick: true,
    features: { ...ONE, duplicates: true, poison: true, fused: true, keepsLeases: true },
  },
];
