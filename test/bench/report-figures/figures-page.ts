import { shown, shownSpread } from '../report/markdown.ts';
import { median, spreadOf } from '../report/statistics.ts';
import type { CallOverhead, Work } from './call-overhead.ts';
import type { FiguresResult } from './figures-result.ts';
import type { ProfileRates } from './profile-rates.ts';
import { PROFILERS, type Profiler } from './profiled-dataset.ts';

const PROFILER_NAMES: Readonly<Record<Profiler, string>> = {
  'process-1': 'Process 1',
  duckdb: "DuckDB's command, the same figures",
  'duckdb-limited': "DuckDB's command, the same figures, memory as in Process 1",
  summarize: "DuckDB's command, SUMMARIZE (estimates)",
};
const PLACE_NAMES = { direct: 'main thread', thread: 'worker thread', process: 'handler process' } as const;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Rows/s of Process 1 as a share of a rival's; undefined when that has none. */
export function rateRatio({ seconds }: ProfileRates, rival: Profiler): number | undefined {
  const [ours, theirs] = [seconds['process-1'], seconds[rival]];
  return ours && theirs ? median(theirs) / median(ours) : undefined;
}

function profileRow(rates: ProfileRates, profiler: Profiler): readonly string[] {
  const { shape, bytes, rows, columns, seconds, cpuSeconds, failures } = rates;
  const dataset = `${shape}, ${shown(bytes / 1e6)} MB, ${rows.toLocaleString('en-US')} rows of ${columns}`;
  const measured = seconds[profiler];
  if (!measured) return [dataset, PROFILER_NAMES[profiler], (failures[profiler] ?? '–').replaceAll('|', '/'), '–', '–', ''];
  const ratio = profiler === 'process-1' ? undefined : rateRatio(rates, profiler);
  const ofIts = ratio === undefined ? '' : ratio.toFixed(2);
  const cpu = shownSpread(spreadOf(cpuSeconds[profiler] ?? []));
  return [dataset, PROFILER_NAMES[profiler], shownSpread(spreadOf(measured)), cpu, shown(rows / median(measured)), ofIts];
}

function profileText({ profile }: FiguresResult): string {
  if (profile.length === 0) return '';
  const rows = profile.flatMap((rates) => PROFILERS.map((profiler) => profileRow(rates, profiler)));
  return `## Process 1 against DuckDB's own command\n\n${table(['dataset', 'by', 's', 'CPU s', 'rows/s', "Process 1's rows/s as a share of it"], rows)}\n`;
}

function renderText({ render }: FiguresResult): string {
  if (render.length === 0) return '';
  const rows = render.map(({ document, pages, firstMs, nextMs }) => {
    const rate = shown((pages * 1_000) / median(nextMs));
    return [document, String(pages), shownSpread(spreadOf(firstMs)), shownSpread(spreadOf(nextMs)), rate];
  });
  const head = ['PDF of', 'pages', 'first call of a process, ms', 'next ones, ms', 'pages/s'];
  return `## Process 2\n\n${table(head, rows)}\n`;
}

/** What a place adds to the main thread's median, ms, of calls after the first where there are any. */
export function addedMs(overhead: readonly CallOverhead[], work: Work, place: CallOverhead['place']): number | undefined {
  const at = (where: CallOverhead['place']) => overhead.find((one) => one.work === work && one.place === where);
  const timesOf = (one: CallOverhead) => (one.nextMs.length > 0 ? one.nextMs : one.firstMs);
  const [here, direct] = [at(place), at('direct')];
  return here && direct && median(timesOf(here)) - median(timesOf(direct));
}

function overheadText({ overhead }: FiguresResult): string {
  if (overhead.length === 0) return '';
  const rows = overhead.map(({ work, place, firstMs, nextMs }) => {
    const added = place === 'direct' ? '' : shown(addedMs(overhead, work, place)!);
    return [work, PLACE_NAMES[place], shownSpread(spreadOf(firstMs)), shownSpread(spreadOf(nextMs)), added];
  });
  const head = ['work', 'called in', 'first call of a fresh process, ms', 'next ones, ms', 'added to the main thread, ms'];
  return `## The way to a handler and back\n\n${table(head, rows)}\n`;
}

/** The figures as a page. */
export function figuresPage(result: FiguresResult): string {
  const { startedAt, revision, machine, duckdb, repeats } = result;
  const about = [
    `${startedAt}, revision ${revision}. ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GiB, Node ${machine.node}, `,
    `${duckdb}. Load before: ${machine.loadBefore.toFixed(2)}. Medians of ${repeats} interleaved repeats, ranges in brackets. Process 1 and `,
    'Process 2 run in handler processes, as the workers run them; their start is part of the time of Process 1, as that of the command is of its.',
  ].join('');
  const parts = ['# Figures of the job type report', about, profileText(result), renderText(result), overheadText(result)];
  return parts
    .filter(Boolean)
    .join('\n\n')
    .replaceAll(/\n{3,}/g, '\n\n');
}

/** The last line, for scripts. */
export function figuresClosingLine({ profile, render, overhead }: FiguresResult): string {
  const largest = profile.at(-1);
  const share = largest && rateRatio(largest, 'duckdb');
  const longest = render.at(-1);
  const added = addedMs(overhead, 'three rows', 'thread');
  const ours = largest?.seconds['process-1'];
  return [
    ...(largest && ours ? [`Process 1 ${shown(largest.rows / median(ours))} rows/s`] : []),
    ...(share === undefined ? [] : [`${share.toFixed(2)} of DuckDB's command`]),
    ...(longest ? [`Process 2 ${shown((longest.pages * 1_000) / median(longest.nextMs))} pages/s`] : []),
    ...(added === undefined ? [] : [`a worker thread adds ${added.toFixed(1)} ms to a report of three rows`]),
  ].join(', ');
}
