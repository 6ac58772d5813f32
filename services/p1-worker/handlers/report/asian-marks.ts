import iconv from 'iconv-lite';

const KANA = /[\u3041-\u3096\u30a1-\u30fa]/gu;
const BEYOND = /[^\0-\x7f]/gu;
const KANA_SHARE = 0.25;
/** Two letters beyond ASCII and two digits in turn: how GB18030 writes what GBK lacks. */
const FOUR_BYTES = /[\x81-\xfe][0-9][\x81-\xfe][0-9]/;

/**
 * An encoding of East Asia that gives itself away: Japanese by its kana, which no other language writes, and GB18030 by its
 * characters of four bytes. Undefined where neither shows.
 * @returns the decoder's name.
 */
export function asianEncoding(sample: Buffer): string | undefined {
  for (const decoder of ['euc-jp', 'shift_jis']) {
    const text = iconv.decode(sample, decoder);
    if (text.includes('\ufffd')) continue;
    const kana = text.match(KANA)?.length ?? 0;
    const beyond = text.match(BEYOND)?.length ?? 0;
    if (kana > 1 && kana >= beyond * KANA_SHARE) return decoder;
  }
  if (!FOUR_BYTES.test(sample.toString('latin1'))) return undefined;
  return iconv.decode(sample, 'gb18030').includes('\ufffd') ? undefined : 'gb18030';
}
