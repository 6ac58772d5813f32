/** How wide a text is in one style. */
export type WidthOf = (text: string) => number;

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Break after spaces and hyphens, and around wide characters, which have no spaces between words. */
const PIECES =
  /[\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]|[^\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef]+?(?:[-/_,;](?=\S)|(?=[\s\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef])|$)\s*|\s+/g;

function charactersOf(text: string): string[] {
  return [...graphemes.segment(text)].map((part) => part.segment);
}

/** Length of the longest start of `characters` that fits, found by halving: widths grow with length. */
function fitting(characters: readonly string[], widthOf: WidthOf, maxWidth: number): number {
  let [fits, tooLong] = [0, characters.length + 1];
  while (tooLong - fits > 1) {
    const middle = (fits + tooLong) >> 1;
    if (widthOf(characters.slice(0, middle).join('')) <= maxWidth) fits = middle;
    else tooLong = middle;
  }
  return fits;
}

/** The text, cut between graphemes and ended with an ellipsis where it is wider than `maxWidth`. */
export function fitText(text: string, widthOf: WidthOf, maxWidth: number): string {
  if (text === '' || widthOf(text) <= maxWidth) return text;
  const characters = charactersOf(text.slice(0, 400));
  const kept = fitting(characters, (part) => widthOf(`${part}…`), maxWidth);
  return `${characters.slice(0, kept).join('').trimEnd()}…`;
}

/** Cuts a piece without places to break into parts that fit. */
function chopped(piece: string, widthOf: WidthOf, maxWidth: number): string[] {
  let rest = charactersOf(piece);
  const parts: string[] = [];
  while (rest.length > 0) {
    const kept = Math.max(1, fitting(rest, widthOf, maxWidth));
    parts.push(rest.slice(0, kept).join(''));
    rest = rest.slice(kept);
  }
  return parts;
}

/** Breaks a cleaned text into lines no wider than `maxWidth`; beyond `maxLines` the last one ends with an ellipsis. */
export function wrapText(text: string, widthOf: WidthOf, maxWidth: number, maxLines = Number.POSITIVE_INFINITY): readonly string[] {
  if (widthOf(text) <= maxWidth) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.match(PIECES) ?? []) {
    for (const piece of widthOf(word.trimEnd()) <= maxWidth ? [word] : chopped(word, widthOf, maxWidth)) {
      if (line !== '' && widthOf((line + piece).trimEnd()) > maxWidth) {
        lines.push(line.trimEnd());
        line = '';
      }
      line += line === '' ? piece.trimStart() : piece;
    }
    if (lines.length >= maxLines) break;
  }
  if (line.trimEnd() !== '') lines.push(line.trimEnd());
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines - 1), fitText(`${lines[maxLines - 1]}…`, widthOf, maxWidth)];
}
