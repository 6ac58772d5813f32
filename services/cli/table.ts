import type { Terminal } from './command.ts';
import { painted } from './paint.ts';
import { plain } from './plain.ts';

type Look = Pick<Terminal, 'columns' | 'hasColour'>;

/** Columns whose cells say how something stands. */
const STATES: ReadonlySet<string> = new Set(['status', 'state', 'outcome']);
const LEAST_WRAPPED = 16;

/** Words in lines of at most so many characters; a longer word is cut. */
function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((one) => one.match(new RegExp(`.{1,${width}}`, 'gu')) ?? [''])) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

/** Rows as text: columns as wide as their widest cell; the last one is wrapped on a terminal, else as it is. The first row is the head. */
export function tableOf(rows: readonly (readonly string[])[], look: Look = {}): string {
  const cells = rows.map((row) => row.map(plain));
  const head = cells[0]!;
  const widths = head.slice(0, -1).map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const indent = widths.reduce((sum, width) => sum + width + 2, 0);
  const room = look.columns === undefined ? undefined : look.columns - indent;
  const lines = cells.flatMap((row, index) => {
    const said = row.slice(0, -1).map((cell, column) => {
      const padded = cell.padEnd(widths[column]!);
      return index > 0 && STATES.has(head[column]!) ? painted(padded, look) : padded;
    });
    const last = row.at(-1)!;
    const parts = room !== undefined && room >= LEAST_WRAPPED ? wrapped(last, room) : [last];
    return parts.map((part, at) => (at === 0 ? [...said, part].join('  ') : ' '.repeat(indent) + part).trimEnd());
  });
  return `${lines.join('\n')}\n`;
}

/** Facts as lines of a name and a value; what is undefined or empty is left out. */
export function factsOf(facts: Readonly<Record<string, string | number | undefined>>, look: Look = {}): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== '');
  return tableOf([['', ''], ...known.map(([name, value]) => [name, String(value)])], look).slice(1);
}
