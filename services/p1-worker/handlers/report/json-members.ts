const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/**
 * The members of an object as they are written, in their order: key and text of the value.
 * @param text Valid JSON: the parser has accepted it.
 */
export function* jsonMembers(text: string): Generator<readonly [key: string, value: string]> {
  let at = text.indexOf('{') + 1;
  for (;;) {
    at = skipSpace(text, at);
    if (text[at] === '}') return;
    const keyEnd = stringEnd(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    yield [key, text.slice(start, end)];
    at = skipSpace(text, end);
    if (text[at] === '}') return;
    at += 1;
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at;
}

/** Behind the closing quote of the string that begins at `from`. */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at + 1;
  }
}

function valueEnd(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return stringEnd(text, from);
  const isNested = first === 0x7b || first === 0x5b;
  let depth = 0;
  for (let at = from; ; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at) - 1;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (!isNested && (code === 0x2c || isSpace(code))) return at;
  }
}

/** A valid JSON text without white space between its tokens. */
export function compactJson(text: string): string {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (isSpace(code)) {
      parts.push(text.slice(from, at));
      at = skipSpace(text, at);
      from = at;
    } else at += 1;
  }
  return parts.join('') + text.slice(from);
}
