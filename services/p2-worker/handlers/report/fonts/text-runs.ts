import bidiFactory, { type Bidi } from 'bidi-js';
import type { FontBook, LoadedFont } from './font-book.ts';
import type { Weight } from './font-files.ts';

/** A piece of a line that one font draws in one direction, in the order in which it is drawn. */
export interface TextRun {
  readonly font: LoadedFont;
  readonly text: string;
  /** True for letters that the font's own shaping has to join and order. */
  readonly isShaped: boolean;
}

interface LogicalRun extends TextRun {
  readonly level: number;
}

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
const JOINING = /[\u0590-\u08ff\u0900-\u0dff\u0e00-\u0eff\ufb1d-\ufdff\ufe70-\ufefc]/;
/** Marks and joiners that belong to the character before them, whatever font has them. */
const EXTENDING = /\p{M}|\u200c|\u200d/u;

const createBidi = bidiFactory as unknown as () => Bidi;
let bidi: Bidi | undefined;

function levelsOf(text: string): Uint8Array {
  bidi ??= createBidi();
  return bidi.getEmbeddingLevels(text).levels;
}

/** Pieces of one font and one embedding level, in the order of the text. */
function logicalRuns(text: string, book: FontBook, weight: Weight, levels: Uint8Array | undefined): LogicalRun[] {
  const runs: LogicalRun[] = [];
  let [start, at] = [0, 0];
  let font: LoadedFont | undefined;
  let level = 0;
  const close = () => {
    const piece = text.slice(start, at);
    if (font && piece !== '') runs.push({ font, text: piece, isShaped: JOINING.test(piece), level });
    start = at;
  };
  for (const character of text) {
    const codePoint = character.codePointAt(0)!;
    const staysWith = font && EXTENDING.test(character) && (font.font.hasGlyphForCodePoint(codePoint) || codePoint === 0x200d);
    const next = staysWith ? font! : book.fontFor(codePoint, weight);
    const nextLevel = levels?.[at] ?? 0;
    if (next !== font || nextLevel !== level) close();
    [font, level] = [next, nextLevel];
    at += character.length;
  }
  close();
  return runs;
}

/** Reverses every sequence of runs at or above each odd level: rule L2 of the Unicode bidirectional algorithm. */
function visualOrder(runs: readonly LogicalRun[]): LogicalRun[] {
  const order = [...runs];
  const highest = Math.max(0, ...order.map((run) => run.level));
  for (let level = highest; level >= 1; level -= 1) {
    for (let start = 0; start < order.length; start += 1) {
      let end = start;
      while (end < order.length && order[end]!.level >= level) end += 1;
      if (end > start) order.splice(start, end - start, ...order.slice(start, end).reverse());
      start = Math.max(start, end);
    }
  }
  return order;
}

function mirrored(text: string): string {
  bidi ??= createBidi();
  return [...text].map((character) => bidi!.getMirroredCharacter(character) ?? character).join('');
}

/** Right-to-left pieces without letters of such a script are not turned round by the font: that is done here. */
function directed(run: LogicalRun): TextRun {
  if (run.level % 2 === 0) return run;
  const text = mirrored(run.text);
  return RIGHT_TO_LEFT.test(text) ? { ...run, text, isShaped: true } : { ...run, text: [...text].reverse().join('') };
}

/** Splits a cleaned line into runs, in the order in which they stand on the page from left to right. */
export function textRuns(text: string, book: FontBook, weight: Weight): readonly TextRun[] {
  if (!RIGHT_TO_LEFT.test(text)) return logicalRuns(text, book, weight, undefined);
  return visualOrder(logicalRuns(text, book, weight, levelsOf(text))).map(directed);
}
