/** One command of a runbook, and what has to come of it. */
export interface RunbookStep {
  /** As it stands there, of one line or more. */
  readonly command: string;
  /** Of its first line in the page, from 1. */
  readonly line: number;
  /** What its output has to contain, each of them. */
  readonly words: readonly string[];
  /** Default 0. */
  readonly exitCode: number;
  /** For so long it may be looked at again. Default 0: once. */
  readonly withinMs: number;
}

/** A fenced block of a page. */
export interface RunbookBlock {
  readonly language: string;
  readonly line: number;
  readonly text: string;
}

/** What stands under a heading of the second level. */
export interface RunbookSection {
  readonly heading: string;
  readonly line: number;
  readonly text: string;
  readonly blocks: readonly RunbookBlock[];
}

const EXPECTED = '#> ';

/** The sections of a page, in order. What is before the first heading of the second level belongs to none. */
export function runbookSections(page: string): readonly RunbookSection[] {
  const sections: { heading: string; line: number; lines: string[]; blocks: RunbookBlock[] }[] = [];
  let open: { language: string; line: number; lines: string[] } | undefined;
  for (const [index, line] of page.split('\n').entries()) {
    const section = sections.at(-1);
    const fence = /^```(.*)$/.exec(line);
    if (fence && open) section?.blocks.push({ language: open.language, line: open.line, text: open.lines.join('\n') });
    if (fence) open = open ? undefined : { language: fence[1]!, line: index + 2, lines: [] };
    else if (open) open.lines.push(line);
    else if (line.startsWith('## ')) sections.push({ heading: line.slice(3).trim(), line: index + 1, lines: [], blocks: [] });
    section?.lines.push(line);
  }
  return sections.map(({ lines, ...rest }) => ({ ...rest, text: lines.join('\n') }));
}

/**
 * The commands of a block: each ends where its line does, unless a quote, a backslash or a function is open, and has the lines that begin
 * with `#>` behind it: `#> words`, `#> exit 1`, `#> within 30 s: words`.
 * @throws Error for an expectation without a command.
 */
export function runbookSteps({ text, line }: RunbookBlock): readonly RunbookStep[] {
  const steps: RunbookStep[] = [];
  let command: string[] = [];
  for (const [index, said] of text.split('\n').entries()) {
    if (said.startsWith(EXPECTED)) {
      const step = steps.pop();
      if (!step || command.length > 0) throw new Error(`line ${line + index}: ${said} stands behind no command`);
      steps.push(expecting(step, said.slice(EXPECTED.length)));
    } else if (command.length > 0 || !/^\s*(#.*)?$/.test(said)) {
      command.push(said);
      if (isOpen(command.join('\n'))) continue;
      steps.push({ command: command.join('\n'), line: line + index + 1 - command.length, words: [], exitCode: 0, withinMs: 0 });
      command = [];
    }
  }
  if (command.length > 0) throw new Error(`line ${line}: a command of the block does not end: ${command.join('\n')}`);
  return steps;
}

function expecting(step: RunbookStep, said: string): RunbookStep {
  const code = /^exit (\d+)$/.exec(said)?.[1];
  if (code !== undefined) return { ...step, exitCode: Number(code) };
  const [, seconds, later] = /^within (\d+) s: (.+)$/.exec(said) ?? [];
  const withinMs = seconds === undefined ? step.withinMs : Number(seconds) * 1_000;
  return { ...step, withinMs, words: [...step.words, later ?? said] };
}

/** Whether a shell would go on reading: a quote that is not closed, a backslash at the end, a function. */
function isOpen(command: string): boolean {
  const bare = command.replaceAll(/\\[^\n]/g, '').replaceAll(/'[^']*'|"[^"]*"/g, '');
  return /['"]/.test(bare) || command.endsWith('\\') || bare.split('{').length !== bare.split('}').length;
}
