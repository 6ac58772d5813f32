import type { Terminal } from '../command.ts';
import { tableOf } from '../table.ts';

/** A finding as the control plane answers it. */
export interface FsckFindingView {
  readonly category: string;
  readonly rule: string;
  readonly level: 'error' | 'warning';
  readonly job_id?: string;
  readonly queue?: string;
  readonly detail: string;
  readonly repaired?: string;
}

export interface FsckReportView {
  readonly summary: string;
  readonly clean: boolean;
  readonly jobs: number;
  readonly by_state: Readonly<Record<string, number>>;
  readonly dead_letters: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly outputs_to_sweep: number;
  readonly errors: number;
  readonly repaired: number;
  readonly unchecked: readonly string[];
  readonly notes: readonly string[];
  readonly findings: readonly FsckFindingView[];
  readonly findings_cut: boolean;
}

/** GET /admin/v1/fsck/{run_id}. */
export interface FsckRunView {
  readonly run_id: string;
  readonly state: 'requested' | 'running' | 'done' | 'failed';
  readonly progress?: { readonly phase: string; readonly jobs: number };
  readonly error?: string;
  readonly report?: FsckReportView;
  readonly links: { readonly self: string };
}

function findingRow({ category, rule, level, job_id, queue, detail, repaired }: FsckFindingView): readonly string[] {
  const what = level === 'warning' ? `${category} (warning)` : category;
  return [what, rule, job_id ?? queue ?? '-', repaired === undefined ? detail : `${detail} -> repaired: ${repaired}`];
}

function statesLine({ by_state, dead_letters }: FsckReportView): string {
  const states = Object.entries(by_state).filter(([, count]) => count > 0);
  const parts = states.map(([state, count]) => `${count.toLocaleString('en-US')} ${state}`);
  return `jobs: ${parts.join(', ') || 'none'}; dead letters: ${dead_letters.toLocaleString('en-US')}\n`;
}

/** The report for a person; its last line is the summary. */
export function fsckText(report: FsckReportView, terminal: Terminal): string {
  const { findings, findings_cut, unchecked, notes, summary } = report;
  const table = findings.length > 0 ? tableOf([['what', 'rule', 'job or queue', 'detail'], ...findings.map(findingRow)], terminal) : '';
  const cut = findings_cut ? `... the first ${findings.length} are shown\n` : '';
  const limits = [...unchecked.map((one) => `not checked: ${one}\n`), ...notes.map((one) => `note: ${one}\n`)].join('');
  return `${table}${cut}${statesLine(report)}${limits}${summary}\n`;
}
