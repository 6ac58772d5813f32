const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Markup, controls but tab and line ends, lone surrogates, noncharacters. */
const UNSAFE = /[&<>"']|(?![\t\n\r])\p{Cc}|\p{Cs}|\p{Noncharacter_Code_Point}/gu;

/** Marks that turn round the text behind them, beyond the cell that holds them too. */
const DIRECTION_MARKS = /[\u202a-\u202e\u2066-\u2069]/g;

/** Text for HTML and SVG, in elements and in quoted attributes; what HTML may not hold becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(DIRECTION_MARKS, '').replace(UNSAFE, (character) => ENTITIES[character] ?? '\ufffd');
}
