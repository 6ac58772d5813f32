/** Where a text stops being JSON. Lines and columns count from 1, the offset from 0, in UTF-16 units. */
export interface JsonPosition {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

const BLANK = /[ \t\n\r]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON strings must not contain them
const STRING = /"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"/;
const NUMBER_OR_WORD = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/;
const TOKEN = new RegExp(`[{}[\\]:,]|${STRING.source}|${NUMBER_OR_WORD.source}`, 'y');

type Expected = 'value' | 'value_or_end' | 'key' | 'key_or_end' | 'colon' | 'comma_or_end' | 'nothing';

/** A push-down automaton over tokens; V8's own messages do not always name a position. */
class Scanner {
  readonly #open: ('{' | '[')[] = [];
  expected: Expected = 'value';

  /** @returns false when the token may not stand here. */
  take(token: string): boolean {
    switch (token[0]) {
      case '{':
      case '[':
        return this.#isValueDue() && this.#push(token as '{' | '[');
      case '}':
        return this.#pop('{', 'key_or_end');
      case ']':
        return this.#pop('[', 'value_or_end');
      case ':':
        return this.#step('colon', 'value');
      case ',':
        return this.expected === 'comma_or_end' && this.#expect(this.#open.at(-1) === '{' ? 'key' : 'value');
      case '"':
        if (this.expected === 'key' || this.expected === 'key_or_end') return this.#expect('colon');
        return this.#isValueDue() && this.#afterValue();
      default:
        return this.#isValueDue() && this.#afterValue();
    }
  }

  #isValueDue(): boolean {
    return this.expected === 'value' || this.expected === 'value_or_end';
  }

  #push(bracket: '{' | '['): boolean {
    this.#open.push(bracket);
    return this.#expect(bracket === '{' ? 'key_or_end' : 'value_or_end');
  }

  #pop(bracket: '{' | '[', whenEmpty: Expected): boolean {
    const mayClose = this.expected === 'comma_or_end' || this.expected === whenEmpty;
    if (!mayClose || this.#open.at(-1) !== bracket) return false;
    this.#open.pop();
    return this.#afterValue();
  }

  #step(from: Expected, to: Expected): boolean {
    return this.expected === from && this.#expect(to);
  }

  #afterValue(): boolean {
    return this.#expect(this.#open.length > 0 ? 'comma_or_end' : 'nothing');
  }

  #expect(next: Expected): true {
    this.expected = next;
    return true;
  }
}

function positionOf(text: string, offset: number): JsonPosition {
  const lines = text.slice(0, offset).split('\n');
  return { offset, line: lines.length, column: lines.at(-1)!.length + 1 };
}

/** Finds where a text that JSON.parse refused stops being JSON; its end when it is cut off. */
export function jsonErrorPosition(text: string): JsonPosition {
  const scanner = new Scanner();
  for (let offset = 0; ; ) {
    BLANK.lastIndex = offset;
    BLANK.exec(text);
    offset = BLANK.lastIndex;
    if (offset >= text.length) return positionOf(text, text.length);
    TOKEN.lastIndex = offset;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined || !scanner.take(token)) return positionOf(text, offset);
    offset += token.length;
  }
}
