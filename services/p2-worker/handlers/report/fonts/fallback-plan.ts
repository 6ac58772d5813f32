import { create, type Font } from 'fontkit';
import subsetFont from 'subset-font';
import { readFontFile, type SlicedFace, type StaticFace, type Weight } from './font-files.ts';
import { SliceIndex } from './unicode-ranges.ts';

type Face = StaticFace | SlicedFace;

/** Characters that one font file draws. */
export interface FontUse {
  readonly face: Face;
  /** Of a sliced face; empty for others. */
  readonly slice: string;
  /** Ascending. */
  readonly codePoints: number[];
}

function slicePath(face: SlicedFace, slice: string): string {
  return `${face.packageName}/files/${face.packageName.split('/')[1]}-${slice}-${face.suffix}.woff2`;
}

/** Tells which slice of a face has a glyph for a character; the empty text for faces of one file. */
function sliceFinder(face: Face): (codePoint: number) => string | undefined {
  if (face.kind === 'static') {
    const font = create(readFontFile(face.file.regular)) as Font;
    return (codePoint) => (font.hasGlyphForCodePoint(codePoint) ? '' : undefined);
  }
  const index = new SliceIndex(JSON.parse(readFontFile(`${face.packageName}/unicode.json`).toString('utf8')));
  const opened = new Map<string, Font>();
  return (codePoint) => {
    const slice = index.sliceOf(codePoint);
    if (slice === undefined) return undefined;
    const font = opened.get(slice) ?? (create(readFontFile(slicePath(face, slice))) as Font);
    opened.set(slice, font);
    // The ranges of a slice name more characters than it has glyphs for.
    return font.hasGlyphForCodePoint(codePoint) ? slice : undefined;
  };
}

/** Assigns each character (ascending) to the first face that has it; those that none has are left out. */
export function planFallbacks(codePoints: readonly number[], faces: readonly Face[]): readonly FontUse[] {
  const uses = new Map<string, FontUse>();
  let missing = codePoints;
  for (const face of faces) {
    if (missing.length === 0) break;
    const sliceOf = sliceFinder(face);
    missing = missing.filter((codePoint) => {
      const slice = sliceOf(codePoint);
      if (slice === undefined) return true;
      const key = `${face.name}/${slice}`;
      const use = uses.get(key) ?? { face, slice, codePoints: [] };
      use.codePoints.push(codePoint);
      uses.set(key, use);
      return false;
    });
  }
  return [...uses.values()];
}

/** From so many characters of a slice on, packing a subset takes longer than its bytes are worth. */
const WHOLE_SLICE_FROM = 40;

/** A font for a page: the glyphs of the characters only, or the slice as it is where many are in use. */
export async function webFontOf(use: FontUse): Promise<Uint8Array> {
  if (use.face.kind === 'sliced' && use.codePoints.length >= WHOLE_SLICE_FROM) return readFontFile(slicePath(use.face, use.slice));
  return await subsetOf(use, 'regular', 'woff2');
}

/** A font with the glyphs of the characters only: an instance of a whole slice would be ten times as large. */
export async function subsetOf(
  { face, slice, codePoints }: FontUse,
  weight: Weight,
  targetFormat: 'truetype' | 'woff2',
): Promise<Uint8Array> {
  const bytes = readFontFile(face.kind === 'static' ? face.file[weight] : slicePath(face, slice));
  const wght = face.kind === 'sliced' ? face.weights?.[weight] : undefined;
  const variationAxes = wght === undefined ? {} : { variationAxes: { wght } };
  return subsetFont(bytes, String.fromCodePoint(...codePoints), { targetFormat, noHinting: true, ...variationAxes });
}
