import { closingLine } from './bars.ts';

/** Something that a bench holds to, and how it came out. */
export interface Verdict {
  readonly what: string;
  /** What was seen, for people. */
  readonly is: string;
  readonly bar: string;
  readonly isMet: boolean;
}

/** The verdicts as a Markdown table. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  const cell = (text: string) => text.replaceAll('|', '/');
  const rows = verdicts.map(({ what, is, bar, isMet }) => `| ${[what, is, bar].map(cell).join(' | ')} | ${isMet ? 'met' : 'missed'} |`);
  return ['| what | is | bar | |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The last line, for scripts. */
export function verdictLine(verdicts: readonly Verdict[]): string {
  return closingLine(verdicts.map(({ isMet }) => ({ verdict: isMet ? 'met' : 'missed' })));
}
