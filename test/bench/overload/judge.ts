import { percentile } from '../report/statistics.ts';
import type { Verdict } from '../report/verdicts.ts';
import { memoryTrend } from '../suite/memory-trend.ts';
import type { Answer } from './answers.ts';
import { boundChecks, counterChecks } from './counter-checks.ts';
import { firstShown, SIGNS } from './early-signs.ts';
import { type Kept, keptOf } from './kept.ts';
import type { Evidence } from './measure.ts';
import { isNear, type MetricCheck, metricChecks } from './metric-checks.ts';
import { RecordTruth } from './record-truth.ts';
import { firstReturns, waits } from './returns.ts';
import { failsOnce } from './wait-system.ts';

const LATENCY_MS = 250;
const HONEST_SHARE = 0.9;
/** Of the points of a metric, those near the truth. */
const TRUE_SHARE = 0.9;
const LEAST_POINTS = 3;
/** As under a load of jobs that do nothing (issue 6). */
const [GATEWAY_MB, OTHERS_MB] = [200, 250];
const STAGES = 2;

const percent = (share: number) => (Number.isNaN(share) ? 'none' : `${(share * 100).toFixed(1)} %`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
const shownMb = (mb: number) => `${mb.toFixed(0)} MB`;

/** When the first submission was refused. */
export function firstRefusalMs(answers: readonly Answer[]): number | undefined {
  const refused = answers.filter(({ reading }) => reading.kind === 'refused');
  return refused.length === 0 ? undefined : Math.min(...refused.map(({ dueMs, tookMs }) => dueMs + tookMs));
}

function answerVerdicts({ load: { answers } }: Evidence): readonly Verdict[] {
  const faults = answers.flatMap(({ reading }) => (reading.kind === 'fault' ? [reading] : []));
  const broken = faults.filter(({ status }) => status === 0);
  const refused = answers.filter(({ reading }) => reading.kind === 'refused').length;
  const example = faults[0] ? `, the first: ${faults[0].fault}` : '';
  return [
    {
      what: 'Answers that are neither 202 nor a clean 429 or 503 with Retry-After',
      is: `${faults.length - broken.length} of ${answers.length}${example}`,
      bar: '0',
      isMet: faults.length === broken.length,
    },
    { what: 'Requests without an answer', is: `${broken.length}`, bar: '0', isMet: broken.length === 0 },
    { what: 'The bound was reached: refusals', is: `${refused}`, bar: '≥ 1', isMet: refused > 0 },
  ];
}

function latencyVerdict({ load: { answers, endMs } }: Evidence): Verdict {
  const accepted = answers.filter(({ reading, dueMs }) => reading.kind === 'accepted' && dueMs < endMs);
  const at = (share: number) =>
    percentile(
      accepted.map(({ tookMs }) => tookMs),
      share,
    );
  const is = `${at(0.99).toFixed(1)} ms (p50 ${at(0.5).toFixed(1)}, p95 ${at(0.95).toFixed(1)}, max ${at(1).toFixed(1)})`;
  return { what: 'Latency of accepted submissions under overload, p99', is, bar: `< ${LATENCY_MS} ms`, isMet: at(0.99) < LATENCY_MS };
}

function returnVerdict({ load: { answers, endMs } }: Evidence): Verdict {
  const after = firstReturns(answers, endMs, Number.POSITIVE_INFINITY);
  const { toldP50S, toldMaxS, overToldP50, overToldP95, gaveUp } = waits(answers);
  const told = `told ${toldP50S} s (median; at most ${toldMaxS} s)`;
  const real = `waited ${overToldP50.toFixed(2)} times that (median; p95 ${overToldP95.toFixed(2)}); ${gaveUp} gave up`;
  return {
    what: 'Came back when told to, once the load had stopped: accepted at once',
    is: `${percent(after.share)} of ${after.came}; ${told}, ${real}`,
    bar: `≥ ${percent(HONEST_SHARE)}`,
    isMet: after.share >= HONEST_SHARE,
  };
}

function keptVerdicts({ accepted, lost, doubled, examples }: Kept): readonly Verdict[] {
  const example = examples[0] ? `, the first: ${examples[0]}` : '';
  return [
    {
      what: 'Accepted jobs that did not end COMPLETED',
      is: `${lost} of ${accepted}${example}`,
      bar: '0',
      isMet: lost === 0 && accepted > 0,
    },
    { what: 'Jobs that were done twice, or that nobody was told of', is: `${doubled}`, bar: '0', isMet: doubled === 0 },
  ];
}

/** From the first submission until the last job had ended: as long as there is a backlog. */
function memoryVerdicts({ memory, load: { startMs } }: Evidence): readonly Verdict[] {
  return Object.entries(memory).map(([process, all]) => {
    const trend = memoryTrend(all.filter(({ atMs }) => atMs >= startMs));
    if (!trend) return { what: `Memory of ${process}`, is: 'too few samples', bar: 'flat', isMet: false };
    const { firstMb, lastMb, peakMb, allowedMb, isFlat } = trend;
    const mostMb = process === 'gateway' ? GATEWAY_MB : OTHERS_MB;
    return {
      what: `Memory of ${process}, first and last third of the run`,
      is: `${shownMb(firstMb)}, then ${shownMb(lastMb)}; peak ${shownMb(peakMb)}`,
      bar: `grows by at most ${shownMb(allowedMb)}, peak < ${shownMb(mostMb)}`,
      isMet: isFlat && peakMb < mostMb,
    };
  });
}

function signVerdicts({ scrapes, maxWaitingJobs, load: { startMs, answers } }: Evidence): readonly Verdict[] {
  const refusedMs = firstRefusalMs(answers);
  return SIGNS.map((sign) => {
    const shownMs = firstShown(
      sign,
      scrapes.filter(({ atMs }) => atMs >= startMs),
      maxWaitingJobs,
    );
    const shown = shownMs === undefined ? 'never' : `after ${seconds(shownMs - startMs)}`;
    const refused = refusedMs === undefined ? 'no refusal' : `the first refusal after ${seconds(refusedMs - startMs)}`;
    const isMet = shownMs !== undefined && refusedMs !== undefined && shownMs < refusedMs;
    return { what: `/metrics show it before the first refusal: ${sign.name}`, is: `${shown}; ${refused}`, bar: sign.level, isMet };
  });
}

function checkVerdict(check: MetricCheck): Verdict {
  const { name, against, pairs, share, least } = check;
  const near = pairs.filter((pair) => isNear(pair, check)).length;
  const apart = pairs.toSorted((a, b) => Math.abs(b.shown - b.truth) - Math.abs(a.shown - a.truth))[0];
  const farthest = apart ? `; farthest: ${apart.shown.toFixed(1)}, true ${apart.truth.toFixed(1)}` : '';
  return {
    what: `${name}, against ${against}`,
    is: `near at ${near} of ${pairs.length} points${farthest}`,
    bar: `within ${percent(share)} or ${least} at ${percent(TRUE_SHARE)}`,
    isMet: pairs.length >= LEAST_POINTS && near >= pairs.length * TRUE_SHARE,
  };
}

function countVerdicts({ scrapes, scrapeFailures, load: { answers }, records }: Evidence, kept: Kept): readonly Verdict[] {
  const accepted = answers.filter(({ reading }) => reading.kind === 'accepted');
  const repeated = accepted.filter(({ reading }) => reading.kind === 'accepted' && reading.isRepeated).length;
  const counters = counterChecks(scrapes, {
    accepted: kept.accepted - repeated,
    repeated,
    refused: answers.filter(({ reading }) => reading.kind === 'refused' && reading.code === 'overloaded').length,
    retried: accepted.filter(({ n }) => failsOnce(n)).length,
    leasesLost: records.flatMap(({ log }) => log).filter(({ event }) => event === 'lease_lost').length,
    failed: records.filter(({ state }) => state === 'FAILED').length,
  });
  const lag = ['gateway', 'p1-worker', 'p2-worker', 'scheduler'].map((service) => {
    const own = scrapes.filter((one) => one.service === service);
    return Math.max(...own.map(({ metrics }) => metrics.value('nodejs_eventloop_lag_p99_seconds') ?? Number.NaN));
  });
  return [
    ...counters.map(({ name, shown, truth }) => ({ what: name, is: `${shown}`, bar: `${truth}`, isMet: shown === truth })),
    ...boundChecks(scrapes).map(({ name, most, above, scrapes: count }) => {
      return { what: name, is: `at most ${most}; above at ${above} of ${count} scrapes`, bar: '0', isMet: above === 0 && count > 0 };
    }),
    {
      what: 'nodejs_eventloop_lag_p99_seconds of every process',
      is: `at most ${lag.map((value) => value.toFixed(3)).join(', ')} s`,
      bar: 'shown at every scrape',
      isMet: lag.every((value) => !Number.isNaN(value)),
    },
    { what: 'Scrapes that were not answered within 3 s', is: `${scrapeFailures}`, bar: '0', isMet: scrapeFailures === 0 },
  ];
}

/** Holds everything that was seen against its bar. */
export function judge(evidence: Evidence): readonly Verdict[] {
  const { load, records, executions, warmUpJobs, scrapes, looks, allEndedMs } = evidence;
  const kept = keptOf(load.answers, records, executions, warmUpJobs);
  const facts = { scrapes, looks, truth: new RecordTruth(records, STAGES), fromMs: load.startMs, toMs: allEndedMs };
  return [
    ...answerVerdicts(evidence),
    latencyVerdict(evidence),
    returnVerdict(evidence),
    ...keptVerdicts(kept),
    ...memoryVerdicts(evidence),
    ...signVerdicts(evidence),
    ...metricChecks(facts).map(checkVerdict),
    ...countVerdicts(evidence, kept),
  ];
}
