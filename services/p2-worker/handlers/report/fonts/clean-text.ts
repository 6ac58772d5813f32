const LONGEST = 2_000;
const WHITE = /[\s\u2028\u2029]+/g;
/** Controls, lone surrogates and noncharacters: they have no glyph. */
const NO_GLYPH = /\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}/gu;
/** Marks without width that reorder text or pick variants, skin tones: drawn by nothing here, and able to mislead. */
const INVISIBLE = /(?![\u200c\u200d])\p{Cf}|\p{Variation_Selector}|\p{Emoji_Modifier}/gu;
const PLAIN = /^[\x20-\x7e]*$/;

/**
 * A text as it can be drawn on one line: white space as single spaces, composed (NFC), controls and lone surrogates as
 * U+FFFD, direction overrides left out, at most 2,000 characters.
 */
export function cleanText(text: string): string {
  if (text.length <= LONGEST && PLAIN.test(text)) return text;
  const head = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return head.replace(WHITE, ' ').replace(NO_GLYPH, '\ufffd').replace(INVISIBLE, '').normalize('NFC');
}
