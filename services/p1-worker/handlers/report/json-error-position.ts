const STRING = String.raw`"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"`;
const NUMBER = String.raw`-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?`;
/** Tokens of JSON; anything else is an error where it stands. */
const TOKEN = new RegExp(`[{}[\\],:]|${STRING}|${NUMBER}|true|false|null`, 'y');
const SPACE = /[ \t\r\n]*/y;

/** What may come next: a value, a key, the colon behind a key, or a comma or the end of what is open. */
type Expected = 'value' | 'first value' | 'key' | 'first key' | 'colon' | 'next';

/**
 * Where a text stops being JSON; its length when it only ends too early. The runtime does not always say.
 * @param text A text that the parser refused.
 */
export function jsonErrorPosition(text: string): number {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (let at = 0; ; ) {
    SPACE.lastIndex = at;
    SPACE.test(text);
    at = SPACE.lastIndex;
    if (at >= text.length) return text.length;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) return isCutOff(text, at) ? text.length : at;
    const next = follow(token, expected, open);
    if (next === undefined) return at;
    expected = next;
    at += token.length;
  }
}

/** What may follow the token, which opens or closes arrays and objects; undefined where it may not stand. */
function follow(token: string, expected: Expected, open: string[]): Expected | undefined {
  switch (token) {
    case ':':
      return expected === 'colon' ? 'value' : undefined;
    case ',':
      if (expected !== 'next' || open.length === 0) return undefined;
      return open.at(-1) === '{' ? 'key' : 'value';
    case ']':
    case '}':
      return closes(token, expected, open) ? 'next' : undefined;
    case '{':
    case '[':
      if (!expected.endsWith('value')) return undefined;
      open.push(token);
      return token === '{' ? 'first key' : 'first value';
    default:
      if (expected.endsWith('key')) return token.startsWith('"') ? 'colon' : undefined;
      return expected.endsWith('value') ? 'next' : undefined;
  }
}

function closes(token: string, expected: Expected, open: string[]): boolean {
  const [opening, empty] = token === ']' ? ['[', 'first value'] : ['{', 'first key'];
  if (open.at(-1) !== opening || (expected !== 'next' && expected !== empty)) return false;
  open.pop();
  return true;
}

/** A string without its end, or the beginning of a word. */
function isCutOff(text: string, at: number): boolean {
  const rest = text.slice(at, at + 5);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: strings hold none
  const hasEnd = /["\u0000-\u001f]/.test(text.slice(at + 1));
  const isWord = ['true', 'false', 'null'].some((word) => word.startsWith(rest)) || rest === '-';
  return isWord || (rest.startsWith('"') && !hasEnd);
}
