import { create, type Font } from 'fontkit';
import { type FontUse, planFallbacks, subsetOf, webFontOf } from './fallback-plan.ts';
import { BASE_FACE, fallbackFaces, readFontFile, type Weight } from './font-files.ts';

/** A font that can be embedded. `key` is its name, unique in a document. */
export interface LoadedFont {
  readonly key: string;
  readonly font: Font;
}

/** A subset of a font for a page. */
export interface WebFont {
  /** Of the face it is cut from, e.g. `NotoSansJP`. */
  readonly faceName: string;
  readonly woff2: Uint8Array;
  /** Ascending. */
  readonly codePoints: readonly number[];
}

const WEIGHTS: readonly Weight[] = ['regular', 'strong'];
const KANA = /[\u3040-\u30ff]/;
const HANGUL = /[\uac00-\ud7a3]/;
/** Latin up to here is in every font; no need to look it up. */
const LAST_LATIN = '\u024f';
/** Characters of the base face that devices may lack: the scripts of India. */
const INDIC = { first: 0x0900, last: 0x0dff };

function namedFont(bytes: Uint8Array, key: string): LoadedFont {
  const font = create(Buffer.from(bytes)) as Font;
  // PDFKit takes fonts of one PostScript name for the same font; slices and pinned weights share theirs.
  Object.defineProperty(font, 'postscriptName', { value: key });
  return { key, font };
}

async function loadFallback(use: FontUse, weight: Weight): Promise<LoadedFont> {
  const name = `${use.face.name}${use.slice ? `-${use.slice}` : ''}-${weight === 'strong' ? 'SemiBold' : 'Regular'}`;
  // Whole static fonts keep their shaping tables (Arabic joins its letters); PDFKit cuts them to the glyphs in use.
  if (use.face.kind === 'static' && use.face.file[weight].endsWith('.ttf')) return namedFont(readFontFile(use.face.file[weight]), name);
  return namedFont(await subsetOf(use, weight, 'truetype'), name);
}

/** What the texts of a report ask of fonts. */
interface Census {
  readonly missing: readonly number[];
  readonly indic: readonly number[];
  readonly hasKana: boolean;
  readonly hasHangul: boolean;
}

function takeCensus(texts: Iterable<string>, base: Font): Census {
  const seen = new Set<string>();
  for (const text of texts) for (const character of text) if (character > LAST_LATIN) seen.add(character);
  const characters = [...seen];
  const codePoints = characters.map((character) => character.codePointAt(0)!).sort((a, b) => a - b);
  const isIndic = (codePoint: number) => codePoint >= INDIC.first && codePoint <= INDIC.last;
  return {
    missing: codePoints.filter((codePoint) => !base.hasGlyphForCodePoint(codePoint)),
    indic: codePoints.filter((codePoint) => isIndic(codePoint) && base.hasGlyphForCodePoint(codePoint)),
    hasKana: characters.some((character) => KANA.test(character)),
    hasHangul: characters.some((character) => HANGUL.test(character)),
  };
}

/** The fonts of one report: the base face and, for characters that it lacks, whatever has them. */
export class FontBook {
  readonly #base: Readonly<Record<Weight, LoadedFont>>;
  readonly #uses: readonly FontUse[];
  readonly #indic: readonly number[];
  readonly #fallbacks = new Map<number, Record<Weight, LoadedFont>>();

  /** Finds a face for every character of the texts. Fallback fonts are not loaded yet. */
  constructor(texts: Iterable<string>) {
    this.#base = {
      regular: namedFont(readFontFile(BASE_FACE.file.regular), 'NotoSans-Regular'),
      strong: namedFont(readFontFile(BASE_FACE.file.strong), 'NotoSans-SemiBold'),
    };
    const census = takeCensus(texts, this.#base.regular.font);
    this.#uses = planFallbacks(census.missing, fallbackFaces(census));
    this.#indic = census.indic;
  }

  /** Loads the fallback fonts for drawing, in both weights. */
  async load(signal: AbortSignal): Promise<void> {
    for (const use of this.#uses) {
      signal.throwIfAborted();
      const [regular, strong] = await Promise.all(WEIGHTS.map((weight) => loadFallback(use, weight)));
      for (const codePoint of use.codePoints) this.#fallbacks.set(codePoint, { regular: regular!, strong: strong! });
    }
  }

  /** The font that draws a character; the base face, with its box, where none has it or it is not loaded. */
  fontFor(codePoint: number, weight: Weight): LoadedFont {
    return (this.#fallbacks.get(codePoint) ?? this.#base)[weight];
  }

  /** Subsets for a page of what a reader's device may lack, regular weight, at most `maxBytes` together. */
  async webFonts(maxBytes: number, signal: AbortSignal): Promise<readonly WebFont[]> {
    const indic: FontUse[] = this.#indic.length === 0 ? [] : [{ face: BASE_FACE, slice: '', codePoints: [...this.#indic] }];
    const fonts: WebFont[] = [];
    let left = maxBytes;
    for (const use of [...this.#uses, ...indic]) {
      signal.throwIfAborted();
      const woff2 = await webFontOf(use);
      if (woff2.length > left) break;
      left -= woff2.length;
      fonts.push({ faceName: use.face.name, woff2, codePoints: use.codePoints });
    }
    return fonts;
  }
}
