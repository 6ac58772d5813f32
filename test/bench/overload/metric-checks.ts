import type { Scrape } from './metrics-watch.ts';
import type { RecordTruth } from './record-truth.ts';
import type { ServerLook } from './server-watch.ts';

/** A metric beside the truth at one moment. */
export interface Pair {
  readonly shown: number;
  readonly truth: number;
}

/** A metric beside the truth at several moments. */
export interface MetricCheck {
  readonly name: string;
  /** Where the truth is from. */
  readonly against: string;
  readonly pairs: readonly Pair[];
  /** How far a pair may be apart: a share of the truth, or so much, whichever is more. */
  readonly share: number;
  readonly least: number;
}

/** What metrics are held against. */
export interface Facts {
  readonly scrapes: readonly Scrape[];
  readonly looks: readonly ServerLook[];
  readonly truth: RecordTruth;
  /** Submissions came in this time. */
  readonly fromMs: number;
  readonly toMs: number;
}

const STAGES = ['p1', 'p2'] as const;
/** What is compared must have been looked at within this time. */
const TOGETHER_MS = 700;

/** Whether a pair is near enough. */
export function isNear({ shown, truth }: Pair, { share, least }: Pick<MetricCheck, 'share' | 'least'>): boolean {
  return Math.abs(shown - truth) <= Math.max(truth * share, least);
}

const during = ({ fromMs, toMs }: Facts, atMs: number) => atMs >= fromMs && atMs <= toMs;

/** Each sample of the scheduler once, at the moment when it was taken. */
function samples(facts: Facts): readonly Scrape[] {
  const own = facts.scrapes.filter(({ service }) => service === 'scheduler');
  const taken = own.flatMap((one) => {
    const ageS = one.metrics.value('jobline_sample_age_seconds');
    return ageS === undefined ? [] : [{ ...one, atMs: one.atMs - ageS * 1_000 }];
  });
  return taken.filter((one, index) => during(facts, one.atMs) && (index === 0 || one.atMs - taken[index - 1]!.atMs > TOGETHER_MS));
}

function ofSamples(facts: Facts, name: string, labels: Readonly<Record<string, string>>, truth: (atMs: number) => number): readonly Pair[] {
  return samples(facts).flatMap(({ metrics, atMs }) => {
    const shown = metrics.value(name, labels);
    return shown === undefined ? [] : [{ shown, truth: truth(atMs) }];
  });
}

function ofService(facts: Facts, service: string, name: string, truth: (atMs: number) => number): readonly Pair[] {
  const own = facts.scrapes.filter((one) => one.service === service && during(facts, one.atMs));
  return own.map(({ metrics, atMs }) => ({ shown: metrics.value(name) ?? Number.NaN, truth: truth(atMs) }));
}

const queuedOfAll = ({ truth }: Facts, atMs: number) => STAGES.reduce((sum, _, stage) => sum + truth.queued(stage, atMs), 0);

function jobChecks(facts: Facts): readonly MetricCheck[] {
  const { truth } = facts;
  return STAGES.flatMap((stage, index): MetricCheck[] => {
    const where = { stage, lane: 'standard' };
    const check = (name: string, labels: Readonly<Record<string, string>>, of: (atMs: number) => number) =>
      ofSamples(facts, name, { ...where, ...labels }, of);
    return [
      {
        name: `jobline_jobs, ${stage}, queued`,
        against: 'records in MongoDB',
        pairs: check('jobline_jobs', { state: 'queued' }, (atMs) => truth.queued(index, atMs)),
        share: 0.05,
        least: 30,
      },
      {
        name: `jobline_jobs, ${stage}, running`,
        against: 'records in MongoDB',
        pairs: check('jobline_jobs', { state: 'running' }, (atMs) => truth.running(index, atMs)),
        share: 0,
        least: 2,
      },
      {
        name: `jobline_oldest_waiting_seconds, ${stage}`,
        against: 'records in MongoDB',
        pairs: check('jobline_oldest_waiting_seconds', {}, (atMs) => truth.oldestMs(index, atMs) / 1_000),
        share: 0.1,
        least: 1,
      },
    ];
  });
}

/** Messages ready in the broker and doorbells held by the worker, beside the jobs that were queued. */
function bellPairs({ scrapes, looks, truth, ...time }: Facts, stage: (typeof STAGES)[number], index: number): readonly Pair[] {
  const worker = scrapes.filter(({ service }) => service === `${stage}-worker`);
  return looks.flatMap(({ atMs, ready }) => {
    const near = worker.find((one) => Math.abs(one.atMs - atMs) <= TOGETHER_MS);
    if (!near || atMs < time.fromMs || atMs > time.toMs) return [];
    return [{ shown: ready[stage]! + (near.metrics.value('jobline_bells_held') ?? 0), truth: truth.queued(index, atMs) }];
  });
}

function lagPairs(facts: Facts, name: string, lagMsOf: (look: ServerLook) => number): readonly Pair[] {
  const taken = samples(facts);
  return facts.looks.flatMap((look) => {
    const near = taken.find(({ atMs }) => Math.abs(atMs - look.atMs) <= TOGETHER_MS * 2);
    const shown = near?.metrics.value(name);
    return shown === undefined ? [] : [{ shown, truth: lagMsOf(look) / 1_000 }];
  });
}

/** Every metric of which the truth is known, beside it. */
export function metricChecks(facts: Facts): readonly MetricCheck[] {
  return [
    ...jobChecks(facts),
    {
      // Of the first stage: the second works off what comes, so that its queue is empty mostly and no rate is to be seen.
      name: 'jobline_backlog_seconds, p1',
      against: 'how long those took that waited',
      pairs: ofSamples(
        facts,
        'jobline_backlog_seconds',
        { stage: 'p1', lane: 'standard' },
        (atMs) => facts.truth.backlogMs(0, atMs) / 1_000,
      ),
      share: 0.35,
      least: 2,
    },
    {
      name: 'jobline_gate_waiting_jobs',
      against: 'records in MongoDB',
      pairs: ofService(facts, 'gateway', 'jobline_gate_waiting_jobs', (atMs) => queuedOfAll(facts, atMs)),
      share: 0.1,
      least: 50,
    },
    ...STAGES.map((stage, index) => ({
      name: `jobline_bells_held of ${stage}-worker and messages ready`,
      against: 'records in MongoDB',
      pairs: bellPairs(facts, stage, index),
      share: 0.1,
      least: 50,
    })),
    ...STAGES.map((stage, index) => ({
      name: `jobline_claims_held of ${stage}-worker`,
      against: 'records in MongoDB',
      pairs: ofService(facts, `${stage}-worker`, 'jobline_claims_held', (atMs) => facts.truth.running(index, atMs)),
      share: 0,
      least: 2,
    })),
    {
      name: 'jobline_bells_owed_lag_seconds',
      against: 'a look into MongoDB',
      pairs: lagPairs(facts, 'jobline_bells_owed_lag_seconds', ({ bellsLagMs }) => bellsLagMs),
      share: 0.2,
      least: 2,
    },
    {
      name: 'jobline_events_owed_lag_seconds',
      against: 'a look into MongoDB',
      pairs: lagPairs(facts, 'jobline_events_owed_lag_seconds', ({ eventsLagMs }) => eventsLagMs),
      share: 0.2,
      least: 2,
    },
  ];
}
