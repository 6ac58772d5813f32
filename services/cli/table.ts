import type { Terminal } from './command.ts';
import { painted } from './paint.ts';
import { plain } from './plain.ts';
import { wrapped } from './wrapped.ts';

type Look = Pick<Terminal, 'columns' | 'hasColour'>;

/** Columns whose cells say how something stands. */
const STATES: ReadonlySet<string> = new Set(['status', 'state', 'outcome']);
/** With less room the last column stands under its row. */
const LEAST_BESIDE = 30;
const LEAST_COLUMNS = 40;
const UNDER = 4;

/** Where the last column stands: what it is indented by, and in how many characters it is wrapped. */
interface LastColumn {
  readonly indent: number;
  readonly width: number;
  readonly isUnder: boolean;
}

function lastColumn(beside: number, { columns }: Look): LastColumn {
  if (columns === undefined || columns < LEAST_COLUMNS) return { indent: beside, width: Number.POSITIVE_INFINITY, isUnder: false };
  const isUnder = columns - beside < LEAST_BESIDE;
  const indent = isUnder ? UNDER : beside;
  return { indent, width: columns - indent, isUnder };
}

/** Rows as text: columns as wide as their widest cell; the last one is wrapped on a terminal, else as it is. The first row is the head. */
export function tableOf(rows: readonly (readonly string[])[], look: Look = {}): string {
  const cells = rows.map((row) => row.map(plain));
  const head = cells[0]!;
  const widths = head.slice(0, -1).map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const beside = widths.reduce((sum, width) => sum + width + 2, 0);
  const longest = Math.max(...cells.map((row) => row.at(-1)!.length));
  const fits = look.columns === undefined || longest <= look.columns - beside;
  const { indent, width, isUnder } = lastColumn(beside, fits ? {} : look);
  const lines = cells.flatMap((row, index) => {
    const said = row.slice(0, -1).map((cell, column) => {
      const padded = cell.padEnd(widths[column]!);
      return index > 0 && STATES.has(head[column]!) ? painted(padded, look) : padded;
    });
    const [first = '', ...more] = isUnder && index > 0 ? ['', ...wrapped(row.at(-1)!, width)] : wrapped(row.at(-1)!, width);
    return [[...said, first].join('  ').trimEnd(), ...more.map((part) => ' '.repeat(indent) + part)];
  });
  return `${lines.join('\n')}\n`;
}

/** Facts as lines of a name and a value; what is undefined or empty is left out. */
export function factsOf(facts: Readonly<Record<string, string | number | undefined>>, look: Look = {}): string {
  const known = Object.entries(facts).filter(([, value]) => value !== undefined && value !== '');
  return tableOf([['', ''], ...known.map(([name, value]) => [name, String(value)])], look).slice(1);
}
