import type { FontBook, WebFont } from '../fonts/font-book.ts';
import { EMOJI_FACE_NAME } from '../fonts/font-files.ts';

/** Fonts in a page together, at most; what is beyond is left to the reader's own fonts. */
const MOST_BYTES = 1_500_000;

function unicodeRange(codePoints: readonly number[]): string {
  const parts: string[] = [];
  for (let start = 0; start < codePoints.length; ) {
    let end = start;
    while (codePoints[end + 1] === codePoints[end]! + 1) end += 1;
    const [first, last] = [codePoints[start]!.toString(16), codePoints[end]!.toString(16)];
    parts.push(`U+${first}${start === end ? '' : `-${last}`}`);
    start = end + 1;
  }
  return parts.join(',');
}

function face({ faceName, woff2, codePoints }: WebFont): string {
  const family = faceName === EMOJI_FACE_NAME ? 'Report emoji' : 'Report text';
  const source = `url(data:font/woff2;base64,${Buffer.from(woff2).toString('base64')})format("woff2")`;
  return `@font-face{font-family:"${family}";src:${source};unicode-range:${unicodeRange(codePoints)}}`;
}

/**
 * Style rules with the glyphs of scripts that a reader's device may lack. Text comes before the device's fonts (Chromium
 * does not draw some words again once a later font has loaded), emoji after them, since most devices have coloured ones.
 */
export async function fontFaces(book: FontBook, signal: AbortSignal): Promise<string> {
  return (await book.webFonts(MOST_BYTES, signal)).map(face).join('\n');
}
