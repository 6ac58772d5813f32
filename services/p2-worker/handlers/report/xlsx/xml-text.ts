const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const UNSAFE = /[&<>"]|(?![\t\n])\p{Cc}|\p{Cs}|[\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)/gu;
const NEEDS_CARE = /[&<>"_\p{Cc}\p{Cs}\ufffe\uffff]/u;

function escaped(character: string): string {
  const entity = ENTITIES[character];
  if (entity !== undefined) return entity;
  const code = character.charCodeAt(0);
  // Spreadsheets write what XML may not hold as _xHHHH_, and an underscore that could be read so as _x005F_.
  return code >= 0xd800 ? '\ufffd' : `_x${code.toString(16).toUpperCase().padStart(4, '0')}_`;
}

/** Text for an element of a spreadsheet that is an ST_Xstring: control characters survive as `_xHHHH_`. */
export function cellTextXml(text: string): string {
  return NEEDS_CARE.test(text) ? text.replace(UNSAFE, escaped) : text;
}

/** Text for any other element or attribute; what XML may not hold becomes U+FFFD. */
export function xmlText(text: string): string {
  return text.replace(/[&<>"]|(?![\t\n])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu, (character) => ENTITIES[character] ?? '\ufffd');
}
