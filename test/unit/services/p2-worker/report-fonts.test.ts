import { expect } from 'chai';
import { cleanText } from '../../../../services/p2-worker/handlers/report/fonts/clean-text.ts';
import { FontBook } from '../../../../services/p2-worker/handlers/report/fonts/font-book.ts';
import { fitText, wrapText } from '../../../../services/p2-worker/handlers/report/fonts/line-breaks.ts';
import { textRuns } from '../../../../services/p2-worker/handlers/report/fonts/text-runs.ts';
import { parseUnicodeRange } from '../../../../services/p2-worker/handlers/report/fonts/unicode-ranges.ts';

const signal = new AbortController().signal;
const widthOf = (text: string) => [...text].length;

async function bookFor(...texts: readonly string[]): Promise<FontBook> {
  const book = new FontBook(texts);
  await book.load(signal);
  return book;
}

/** Font family and text of each run, from left to right. */
function runsOf(text: string, book: FontBook): readonly (readonly [string, string])[] {
  return textRuns(text, book, 'regular').map(({ font, text: piece }) => [font.key.split('-')[0]!, piece]);
}

describe('Fonts of a report', function () {
  this.timeout(120_000);

  it('of Latin, Greek and Cyrillic, are one', async () => {
    const text = 'Größe, Περιοχή, Город, ½ é';
    expect(runsOf(text, await bookFor(text))).to.deep.equal([['NotoSans', text]]);
  });

  it('of Chinese characters, follow the language of the text', async () => {
    const family = async (...texts: readonly string[]) => runsOf('直', await bookFor('直', ...texts))[0]![0];
    expect(await family()).to.equal('NotoSansSC');
    expect(await family('かな')).to.equal('NotoSansJP');
    expect(await family('한글')).to.equal('NotoSansKR');
  });

  it('of symbols and emoji, have glyphs for them', async () => {
    const text = '→ ≥ ∑ ✓ ★ 🚀 𝒳';
    const book = await bookFor(text);
    for (const { font, text: piece } of textRuns(text, book, 'strong'))
      for (const character of piece) expect(font.font.hasGlyphForCodePoint(character.codePointAt(0)!), character).to.equal(true);
  });

  it('of a character that no font has, are the base font with its box', async () => {
    const text = 'a\u{1e900}b \u{10ffff}';
    expect(runsOf(text, await bookFor(text)).every(([family]) => family === 'NotoSans')).to.equal(true);
  });

  it('of right-to-left text, put its words in reading order and keep numbers and Latin upright', async () => {
    const text = 'abc אבג 12 דהו def';
    const runs = runsOf(text, await bookFor(text));
    expect(runs.map(([, piece]) => piece).join('|')).to.match(/^abc \|.*דהו.*\|12\|.*אבג.*\| def$/);
  });

  it('of brackets in right-to-left text, mirror them', async () => {
    const text = 'א(ב)';
    expect(
      runsOf(text, await bookFor(text))
        .map(([, piece]) => piece)
        .join('|'),
    ).to.equal('(|ב|)|א');
  });

  it('of combining marks, keep them with their letter', async () => {
    const text = 'x\u0304y';
    expect(runsOf(text, await bookFor(text))).to.deep.equal([['NotoSans', text]]);
  });

  it('have ranges as in CSS', () => {
    expect(parseUnicodeRange('U+26, U+4e00-4e0f,U+30??')).to.deep.equal([
      [0x26, 0x26],
      [0x4e00, 0x4e0f],
      [0x3000, 0x30ff],
    ]);
  });
});

describe('Text that is drawn', () => {
  it('has no controls, no half characters, no direction overrides and single spaces', () => {
    expect(cleanText('a\u0007b\ud800c\n\t d\u202ee\u200bf e\u0301')).to.equal('a\ufffdb\ufffdc def é');
    expect(cleanText('x'.repeat(5_000))).to.have.length(2_001);
  });

  it('is wrapped at spaces, after hyphens and slashes, and anywhere between Chinese characters', () => {
    expect(wrapText('The quick brown fox', widthOf, 10)).to.deep.equal(['The quick', 'brown fox']);
    expect(wrapText('alpha-beta/gamma', widthOf, 8)).to.deep.equal(['alpha-', 'beta/', 'gamma']);
    expect(wrapText('日本語の文章です', widthOf, 3)).to.deep.equal(['日本語', 'の文章', 'です']);
  });

  it('without a place to break, is cut to pieces that fit', () => {
    expect(wrapText('abcdefghij klm', widthOf, 4)).to.deep.equal(['abcd', 'efgh', 'ij', 'klm']);
  });

  it('beyond its lines or its width, ends with an ellipsis and is no wider', () => {
    const lines = wrapText('one two three four five', widthOf, 9, 2);
    expect(lines).to.deep.equal(['one two', 'three…']);
    expect(fitText('abcdefgh', widthOf, 5)).to.equal('abcd…');
    expect(fitText('👩‍👩‍👧👩‍👩‍👧', widthOf, 6)).to.equal('👩‍👩‍👧…');
  });
});
