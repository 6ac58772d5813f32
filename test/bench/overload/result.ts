import { groupBy } from '../../../shared/domain/group-by.ts';
import type { Line, Mark, Panel, Point } from '../report/line-chart.ts';
import { memoryPanel } from '../report/memory-panel.ts';
import type { Machine } from '../report/result.ts';
import { percentile } from '../report/statistics.ts';
import type { Verdict } from '../report/verdicts.ts';
import type { Answer } from './answers.ts';
import { firstShown, SIGNS } from './early-signs.ts';
import { firstRefusalMs } from './judge.ts';
import type { Evidence } from './measure.ts';
import { RecordTruth } from './record-truth.ts';
import { firstReturns } from './returns.ts';

/** What a run is summed up as; page and picture are made from it alone. */
export interface OverloadResult {
  readonly schema: 1;
  readonly startedAt: string;
  readonly revision: string;
  readonly machine: Machine;
  readonly options: { readonly seconds: number; readonly factor: number; readonly handlerMs: number };
  readonly drain: Evidence['drain'];
  readonly perSecond: number;
  readonly maxWaitingJobs: number;
  readonly figures: Readonly<Record<string, string>>;
  readonly verdicts: readonly Verdict[];
  readonly panels: readonly Panel[];
  readonly marks: readonly Mark[];
}

const STAGES = 2;
const NAMES = ['p1', 'p2'] as const;

type SecondOf = (atMs: number) => number;

/** A value for each second in which there is something. */
function bySecond(answers: readonly Answer[], secondOf: SecondOf, figureOf: (some: readonly Answer[]) => number): readonly Point[] {
  const groups = groupBy(answers, ({ dueMs }) => Math.floor(secondOf(dueMs)));
  return [...groups].map(([second, some]): Point => [second, figureOf(some)]).toSorted((a, b) => a[0] - b[0]);
}

function ratePanel({ load: { answers, startMs }, allEndedMs }: Evidence, truth: RecordTruth, secondOf: SecondOf): Panel {
  const lineOf = (name: string, kind: Answer['reading']['kind']): Line => {
    const some = answers.filter(({ reading }) => reading.kind === kind);
    return { name, points: bySecond(some, secondOf, (all) => all.length) };
  };
  const length = Math.floor(secondOf(allEndedMs));
  const ended = Array.from(
    { length },
    (_, second): Point => [second, truth.done(startMs + second * 1_000, startMs + (second + 1) * 1_000)],
  );
  return {
    heading: 'Jobs a second',
    lines: [lineOf('accepted', 'accepted'), lineOf('refused', 'refused'), { name: 'ended', points: ended }],
  };
}

function waitingPanel({ scrapes, load: { startMs }, allEndedMs }: Evidence, truth: RecordTruth, secondOf: SecondOf): Panel {
  const gateway = scrapes.filter(({ service, atMs }) => service === 'gateway' && atMs >= startMs);
  const points = (name: string) => gateway.map(({ atMs, metrics }): Point => [secondOf(atMs), metrics.value(name) ?? 0]);
  const length = Math.floor(secondOf(allEndedMs));
  const waiting = Array.from({ length }, (_, second): Point => {
    return [second, NAMES.reduce((sum, _name, stage) => sum + truth.queued(stage, startMs + second * 1_000), 0)];
  });
  return {
    heading: 'Jobs waiting',
    lines: [
      { name: 'in truth', points: waiting },
      { name: 'as the gateway reckons', points: points('jobline_gate_waiting_jobs') },
      { name: 'bound', points: points('jobline_gate_waiting_jobs_limit') },
    ],
  };
}

function latencyPanel({ load: { answers } }: Evidence, secondOf: SecondOf): Panel {
  const p99 = (some: readonly Answer[]) =>
    percentile(
      some.map(({ tookMs }) => tookMs),
      0.99,
    );
  const kinds = [
    ['accepted, p99', 'accepted'],
    ['refused, p99', 'refused'],
  ] as const;
  const lines = kinds.map(([name, kind]): Line => {
    const some = answers.filter(({ reading }) => reading.kind === kind);
    return { name, points: bySecond(some, secondOf, p99) };
  });
  return { heading: 'Latency of answers, ms', lines };
}

function returnPanel({ load: { answers } }: Evidence, secondOf: SecondOf): Panel {
  const refused = answers.filter(({ reading }) => reading.kind === 'refused');
  const told = (some: readonly Answer[]) => Math.max(...some.map(({ reading }) => (reading.kind === 'refused' ? reading.retryAfterS : 0)));
  return { heading: 'Retry-After, s', lines: [{ name: 'longest of a second', points: bySecond(refused, secondOf, told) }] };
}

function marksOf({ load, scrapes, maxWaitingJobs }: Evidence, secondOf: SecondOf): readonly Mark[] {
  const refusedMs = firstRefusalMs(load.answers);
  const shown = SIGNS.flatMap((sign) => firstShown(sign, scrapes, maxWaitingJobs) ?? []).filter((atMs) => atMs >= load.startMs);
  return [
    ...(shown.length > 0 ? [{ second: secondOf(Math.max(...shown)), name: 'all signs' }] : []),
    ...(refusedMs === undefined ? [] : [{ second: secondOf(refusedMs), name: 'first refusal' }]),
    { second: secondOf(load.endMs), name: 'load ends' },
  ];
}

/** Panels and marks of the picture. */
export function pictureOf(evidence: Evidence): Pick<OverloadResult, 'panels' | 'marks'> {
  const secondOf = (atMs: number) => (atMs - evidence.load.startMs) / 1_000;
  const truth = new RecordTruth(evidence.records, STAGES);
  const panels = [
    ratePanel(evidence, truth, secondOf),
    waitingPanel(evidence, truth, secondOf),
    latencyPanel(evidence, secondOf),
    returnPanel(evidence, secondOf),
    memoryPanel(evidence.memory, secondOf),
  ];
  return { panels, marks: marksOf(evidence, secondOf) };
}

/** Figures that are shown and not held to anything. */
export function figuresOf({ load, perSecond, records, allEndedMs }: Evidence): Readonly<Record<string, string>> {
  const { answers, startMs, endMs } = load;
  const inTime = answers.filter(({ dueMs }) => dueMs < endMs);
  const of = (kind: Answer['reading']['kind']) => inTime.filter(({ reading }) => reading.kind === kind);
  const p99 = (values: readonly number[]) => percentile(values, 0.99).toFixed(1);
  const during = firstReturns(answers, startMs, endMs);
  const truth = new RecordTruth(records, STAGES);
  const drained = truth.done(startMs + (endMs - startMs) / 3, endMs) / (((endMs - startMs) * 2) / 3 / 1_000);
  return {
    'submitted while the load went on': `${inTime.length} (${perSecond.toFixed(0)}/s): ${of('accepted').length} accepted, ${of('refused').length} refused`,
    'worked off under overload, in its last two thirds': `${drained.toFixed(0)} jobs/s`,
    'latency of refusals, p99': `${p99(of('refused').map(({ tookMs }) => tookMs))} ms`,
    'the client left late, p99': `${p99(inTime.map(({ lateMs }) => lateMs))} ms, which counts in the latencies`,
    'came back when told to, while the load went on': `${during.accepted} of ${during.came} accepted at once`,
    'all had ended': `${((allEndedMs - endMs) / 1_000).toFixed(0)} s after the load`,
  };
}
