import { FAIL_ABOVE, type GuardRow, WARN_ABOVE } from './compare.ts';

const percent = (share: number) => `${Math.abs(share * 100).toFixed(0)} %`;

function changeText({ worse }: GuardRow): string {
  if (worse === undefined) return '';
  return Math.abs(worse) < 0.005 ? 'same' : `${percent(worse)} ${worse > 0 ? 'worse' : 'better'}`;
}

function verdictText({ verdict, reason }: GuardRow): string {
  if (verdict === 'failed') return reason ?? `FAILED: more than ${percent(FAIL_ABOVE)} worse`;
  if (verdict === 'warning') return `warning: more than ${percent(WARN_ABOVE)} worse`;
  if (verdict === 'missing') return `not measured: ${reason}`;
  return verdict === 'new' ? 'not in the baseline' : 'ok';
}

function cellsOf(row: GuardRow): readonly string[] {
  const { name, ratio, baseline } = row;
  const now = ratio ? `${ratio.median.toFixed(3)} (${ratio.least.toFixed(3)}–${ratio.most.toFixed(3)})` : '–';
  return [name, now, baseline === undefined ? '–' : baseline.toFixed(3), changeText(row), verdictText(row)];
}

/** Ratios beside those of the baseline, in aligned columns. */
export function guardTable(rows: readonly GuardRow[]): string {
  const cells = [['ratio', 'now (rounds)', 'baseline', 'change', ''], ...rows.map(cellsOf)];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((line) => line[column]!.length)));
  return cells
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The last line, for scripts. */
export function guardClosingLine(rows: readonly GuardRow[]): string {
  const count = (verdict: GuardRow['verdict']) => rows.filter((row) => row.verdict === verdict).length;
  const [fine, unheld] = [count('ok'), count('new') + count('missing')];
  const held = `${fine} ratios hold, ${count('warning')} warned of, ${count('failed')} failed`;
  return unheld > 0 ? `${held}, ${unheld} not compared` : held;
}
