import iconv from 'iconv-lite';

/** One language in one encoding. */
interface Reading {
  readonly decoder: string;
  /** Matches the letters beyond ASCII as the language uses them. */
  readonly letters: RegExp;
  /** A language counts for more than the letters of a whole region. */
  readonly weight: number;
}

/** Letters beyond ASCII; context tells languages apart whose letters share bytes (`õ` and `ő`, `ã` and `ă`, `è` and `č`). */
const WESTERN = {
  German: '[äöüß]',
  French: '[àâæçéèêëîïôœùûüÿ]',
  Spanish: '[áéíóúüñ]',
  Portuguese: '[áâàçéêíóôúü]|õ(?=e)|ã(?=[oes]|$|\\P{L})',
  Italian: '[àèéìíòóùú](?=$|\\P{L})',
  Catalan: '[àèéíïòóúüç]',
  Dutch: '[éëïöüèê]',
  Scandinavian: '[åäöéøæ]',
};
const TURKISH = { Turkish: '[çğıöşüâîûİ]' };
const CENTRAL = {
  Polish: '[ąćęłńóśźż]',
  Czech: '[áčďéěíňóřšťúůýž]',
  Hungarian: '[áéíóöőúüű]',
  Slovak: '[áäčďéíĺľňóôŕšťúýž]',
  Croatian: '[čćđšž]',
  Romanian: '[ăâîșşțţ]',
};
const NORTHERN = { Icelandic: '[áéíóúýþðæö]' };
const BALTIC = { Lithuanian: '[ąčęėįšųūž]', Latvian: '[āčēģīķļņšūž]', Estonian: '[äöõüšž]' };

const anyOf = (languages: Readonly<Record<string, string>>) => Object.values(languages).join('|');

function readings(decoder: string, languages: Readonly<Record<string, string>>): Reading[] {
  const pattern = (letters: string) => new RegExp(letters, 'giu');
  const each = Object.values(languages).map((letters) => ({ decoder, letters: pattern(letters), weight: 1 }));
  return [...each, { decoder, letters: pattern(anyOf(languages)), weight: 0.95 }];
}

/** Of readings that fit equally well the first is taken: the more common ones stand first. */
const READINGS: readonly Reading[] = [
  ...readings('windows-1252', WESTERN),
  ...readings('windows-1254', TURKISH),
  ...readings('windows-1250', CENTRAL),
  ...readings('iso-8859-2', CENTRAL),
  ...readings('windows-1252', NORTHERN),
  ...readings('windows-1257', BALTIC),
  ...readings('iso-8859-15', WESTERN),
  ...readings('macroman', WESTERN),
  ...readings('cp850', WESTERN),
];

/** Signs that stand beside words in any language, but not between two letters. */
const SIGNS = /(?<!\p{L})[“”‘’„‚«»–—…•€£§°©®™±²³µ×½¼¾¡¿ªº´ ]|[“”‘’„‚«»–—…•€£§°©®™±²³µ×½¼¾¡¿ªº´ ](?!\p{L})|(?<=\p{L})’(?=\p{L})/gu;

/** A capital behind a small letter. */
const ODD_CAPITALS = /(?<=\p{Ll})(?=\p{Lu})[^\0-\x7f]/gu;

const FITTING = 0.9;
const SINGLE = 0.5;

/**
 * The encoding of a text in Latin letters, where most bytes beyond ASCII stand alone among ASCII letters; undefined for other
 * scripts, and where no language fits.
 * @returns the decoder's name.
 */
export function latinEncoding(sample: Buffer): string | undefined {
  if (aloneShare(sample) < SINGLE) return undefined;
  let best: { readonly decoder: string; readonly fit: number } | undefined;
  const texts = new Map<string, string>();
  for (const { decoder, letters, weight } of READINGS) {
    const text = texts.get(decoder) ?? iconv.decode(sample, decoder);
    texts.set(decoder, text);
    const fit = fitOf(text, letters) * weight;
    if (fit > (best?.fit ?? 0)) best = { decoder, fit };
  }
  return best && best.fit >= FITTING ? best.decoder : undefined;
}

/** Share of the characters beyond ASCII that the language uses in that way. */
function fitOf(text: string, letters: RegExp): number {
  const beyond = text.match(/[^\0-\x7f]/gu)?.length ?? 0;
  const [used, signs, odd] = [letters, SIGNS, ODD_CAPITALS].map((pattern) => text.match(pattern)?.length ?? 0) as [number, number, number];
  return beyond === 0 ? 0 : (used + signs - odd) / beyond;
}

/** Share of the bytes beyond ASCII whose neighbours are ASCII. */
function aloneShare(sample: Buffer): number {
  let beyond = 0;
  let alone = 0;
  for (let at = 0; at < sample.length; at += 1) {
    if (sample[at]! < 0x80) continue;
    beyond += 1;
    if ((sample[at - 1] ?? 0) < 0x80 && (sample[at + 1] ?? 0) < 0x80) alone += 1;
  }
  return beyond === 0 ? 0 : alone / beyond;
}
