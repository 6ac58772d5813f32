/** Parses a CSS `unicode-range` such as `U+26,U+4e00-4e0f,U+30??` into pairs of first and last code point. */
export function parseUnicodeRange(text: string): readonly (readonly [number, number])[] {
  return text.split(',').map((part) => {
    const [first = '', last = first] = part.trim().replace(/^U\+/i, '').split('-');
    return [Number.parseInt(first.replaceAll('?', '0'), 16), Number.parseInt(last.replaceAll('?', 'f'), 16)] as const;
  });
}

/** Finds the slice that holds a code point. */
export class SliceIndex {
  readonly #slices: readonly { readonly name: string; readonly ranges: readonly (readonly [number, number])[] }[];

  /** @param unicode slice → `unicode-range`, as in a fontsource package's unicode.json. */
  constructor(unicode: Readonly<Record<string, string>>) {
    this.#slices = Object.entries(unicode).map(([name, text]) => ({ name: name.replace(/[[\]]/g, ''), ranges: parseUnicodeRange(text) }));
  }

  sliceOf(codePoint: number): string | undefined {
    return this.#slices.find(({ ranges }) => ranges.some(([first, last]) => codePoint >= first && codePoint <= last))?.name;
  }
}
