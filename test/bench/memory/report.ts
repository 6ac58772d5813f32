import type { Panel } from '../report/line-chart.ts';
import type { Machine } from '../report/result.ts';
import { type Verdict, verdictTable } from '../report/verdicts.ts';

/** What a run is summed up as; page and picture are made from it alone. */
export interface MemoryResult {
  readonly schema: 1;
  readonly startedAt: string;
  readonly revision: string;
  readonly machine: Machine;
  readonly minutes: number;
  readonly perSecond: number;
  readonly jobs: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly verdicts: readonly Verdict[];
  readonly panels: readonly Panel[];
}

/** The result as a page. */
export function memoryPage(result: MemoryResult, picture: string): string {
  const { startedAt, revision, machine, minutes, perSecond, jobs, versions, verdicts } = result;
  const servers = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const method = [
    `${jobs.toLocaleString('en-US')} jobs of two stages that do nothing, ${perSecond}/s for ${minutes} min: half of them one by one over at most 64 `,
    'keep-alive connections, half in batches of up to 500. The released services as `npm start` starts them, default configuration; resident set of ',
    'each process once a second. Flat: the median of the last third is at most a tenth, or 15 MB, above that of the first.',
  ].join('');
  const place = `${startedAt}, revision ${revision}. ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GiB, Node ${machine.node}, ${servers.join(', ')}; load before: ${machine.loadBefore.toFixed(2)}.`;
  return ['# Memory', method, place, `![Resident memory](${picture})`, verdictTable(verdicts), ''].join('\n\n');
}
