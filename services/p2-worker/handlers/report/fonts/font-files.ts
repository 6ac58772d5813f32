import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export type Weight = 'regular' | 'strong';

/** One whole font file a weight: TTF, embedded as it is, or WOFF2, unpacked to the glyphs in use. */
export interface StaticFace {
  readonly kind: 'static';
  readonly name: string;
  readonly file: Readonly<Record<Weight, string>>;
}

/** A font that its package cuts into slices by code point; variable ones are pinned to a weight when they are used. */
export interface SlicedFace {
  readonly kind: 'sliced';
  readonly name: string;
  /** Package with `unicode.json` and `files/`. */
  readonly packageName: string;
  /** What stands between the slice and `.woff2` in the names of the files. */
  readonly suffix: string;
  /** Value of the axis `wght`; absent for fonts of one weight. */
  readonly weights?: Readonly<Record<Weight, number>>;
}

function google(packageName: string, family: string): StaticFace {
  const file = (folder: string) => `@expo-google-fonts/${packageName}/${folder}/${family}_${folder}.ttf`;
  return { kind: 'static', name: family, file: { regular: file('400Regular'), strong: file('600SemiBold') } };
}

function cjk(language: 'sc' | 'jp' | 'kr'): SlicedFace {
  const packageName = `@fontsource-variable/noto-sans-${language}`;
  return {
    kind: 'sliced',
    name: `NotoSans${language.toUpperCase()}`,
    packageName,
    suffix: 'wght-normal',
    weights: { regular: 400, strong: 600 },
  };
}

function singleWeight(name: string, family: string): SlicedFace {
  return { kind: 'sliced', name, packageName: `@fontsource/${family}`, suffix: '400-normal' };
}

/** Latin, Greek, Cyrillic and Devanagari: everything is drawn with it where it can be. */
export const BASE_FACE: StaticFace = google('noto-sans', 'NotoSans');

const SC = cjk('sc');
const JP = cjk('jp');
const KR = cjk('kr');
// Its unicode.json names Latin only, but the file has the whole of mathematics and arrows.
const MATH_FILE = '@fontsource/noto-sans-math/files/noto-sans-math-latin-400-normal.woff2';
const OTHERS: readonly (StaticFace | SlicedFace)[] = [
  // Its glyphs are whole letters: fonts that build letters from shared parts cannot be searched or copied from a PDF.
  google('ibm-plex-sans-arabic', 'IBMPlexSansArabic'),
  google('noto-sans-hebrew', 'NotoSansHebrew'),
  google('noto-sans-thai', 'NotoSansThai'),
  { kind: 'static', name: 'NotoSansMath', file: { regular: MATH_FILE, strong: MATH_FILE } },
  singleWeight('NotoSansSymbols2', 'noto-sans-symbols-2'),
];
export const EMOJI_FACE_NAME = 'NotoEmoji';
const EMOJI = google('noto-emoji', EMOJI_FACE_NAME);

/** Where to look for a character that the base face lacks, in order; Chinese characters take the shape of the text's language. */
export function fallbackFaces(text: { readonly hasKana: boolean; readonly hasHangul: boolean }): readonly (StaticFace | SlicedFace)[] {
  const cjkFaces = text.hasKana ? [JP, SC, KR] : text.hasHangul ? [KR, SC, JP] : [SC, JP, KR];
  return [...OTHERS.slice(0, 3), ...cjkFaces, ...OTHERS.slice(3), EMOJI];
}

/** Bytes of a file of an npm package. */
export function readFontFile(specifier: string): Buffer {
  return readFileSync(createRequire(import.meta.url).resolve(specifier));
}
