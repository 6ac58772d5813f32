import iconv from 'iconv-lite';
import { detectAll } from 'jschardet';
import { asianEncoding } from './asian-marks.ts';
import { latinEncoding } from './latin-languages.ts';
import { ReportRejection } from './rejection.ts';
import type { Utf8Survey } from './utf8-survey.ts';

/** How a text file is read. */
export interface TextEncoding {
  /** IANA name, shown to the reader. */
  readonly label: string;
  /** Name for the decoder; undefined when the file is UTF-8 and is read as it is. */
  readonly decoder?: string;
  /** Bytes of the byte order mark. */
  readonly bomBytes: number;
  /** Chosen by likelihood, not by a mark or by validity. */
  readonly isGuess: boolean;
}

const BOMS: readonly { readonly bytes: readonly number[]; readonly label: string; readonly decoder?: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], label: 'utf-8' },
  { bytes: [0xff, 0xfe, 0x00, 0x00], label: 'utf-32le', decoder: 'utf-32le' },
  { bytes: [0x00, 0x00, 0xfe, 0xff], label: 'utf-32be', decoder: 'utf-32be' },
  { bytes: [0xff, 0xfe], label: 'utf-16le', decoder: 'utf-16le' },
  { bytes: [0xfe, 0xff], label: 'utf-16be', decoder: 'utf-16be' },
];

/** Name that the detector knows, then IANA name and name for iconv-lite. ISO-8859-1 is read as its superset windows-1252. */
const CANDIDATES: readonly (readonly [detector: string, label: string, decoder: string])[] = [
  ['windows-1252', 'windows-1252', 'windows-1252'],
  ['windows-1250', 'windows-1250', 'windows-1250'],
  ['iso-8859-2', 'iso-8859-2', 'iso-8859-2'],
  ['windows-1251', 'windows-1251', 'windows-1251'],
  ['windows-1253', 'windows-1253', 'windows-1253'],
  ['windows-1254', 'windows-1254', 'windows-1254'],
  ['windows-1255', 'windows-1255', 'windows-1255'],
  ['windows-1256', 'windows-1256', 'windows-1256'],
  ['windows-1257', 'windows-1257', 'windows-1257'],
  ['windows-1258', 'windows-1258', 'windows-1258'],
  ['iso-8859-5', 'iso-8859-5', 'iso-8859-5'],
  ['iso-8859-6', 'iso-8859-6', 'iso-8859-6'],
  ['iso-8859-7', 'iso-8859-7', 'iso-8859-7'],
  ['iso-8859-8', 'iso-8859-8', 'iso-8859-8'],
  ['iso-8859-15', 'iso-8859-15', 'iso-8859-15'],
  ['koi8-r', 'koi8-r', 'koi8-r'],
  ['koi8-u', 'koi8-u', 'koi8-u'],
  ['cp866', 'ibm866', 'cp866'],
  ['cp850', 'ibm850', 'cp850'],
  ['mac-roman', 'macintosh', 'macroman'],
  ['cp874', 'windows-874', 'windows-874'],
  ['cp932', 'shift_jis', 'shift_jis'],
  ['shift_jis_2004', 'shift_jis', 'shift_jis'],
  ['euc-jis-2004', 'euc-jp', 'euc-jp'],
  ['gb18030', 'gb18030', 'gb18030'],
  ['big5hkscs', 'big5', 'big5-hkscs'],
  ['cp949', 'euc-kr', 'cp949'],
  ['euc-kr', 'euc-kr', 'cp949'],
];

/** Spellings in which the detector answers, where they differ from the ones it is asked for. */
const ANSWERED_AS: Readonly<Record<string, string>> = {
  big5: 'big5hkscs',
  eucjp: 'euc-jis-2004',
  shiftjis: 'cp932',
  ibm866: 'cp866',
  macroman: 'mac-roman',
};
const bare = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const BY_NAME = new Map(CANDIDATES.map((candidate) => [bare(candidate[0]), candidate]));

/** £ ° € µ § © ® ± ² ³ · × ¼ ½ ¾ in windows-1252: a text with no other byte beyond ASCII is Western. */
const WESTERN_SIGNS = new Set([0xa3, 0xb0, 0x80, 0xb5, 0xa7, 0xa9, 0xae, 0xb1, 0xb2, 0xb3, 0xb7, 0xd7, 0xbc, 0xbd, 0xbe]);

/** The encoding that the byte order mark names, if there is one. */
export function encodingByMark(head: Buffer): TextEncoding | undefined {
  const mark = BOMS.find(({ bytes }) => bytes.every((byte, index) => head[index] === byte));
  if (!mark) return undefined;
  return { label: mark.label, bomBytes: mark.bytes.length, isGuess: false, ...(mark.decoder && { decoder: mark.decoder }) };
}

/** Lone surrogates and control characters, which no text has. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ODD_CHARACTERS = /\p{Surrogate}|[\0-\x08\x0e-\x1f]/u;

/** UTF-16 without a mark: NUL bytes on one side of the pairs only, and the head decodes to lines without broken surrogates. */
export function unmarkedUtf16(head: Buffer, sizeBytes: number): TextEncoding | undefined {
  if (sizeBytes % 2 !== 0) return undefined;
  const nuls = [0, 0];
  for (let at = 0; at < head.length; at += 1) if (head[at] === 0) nuls[at % 2]! += 1;
  const [even, odd] = nuls as [number, number];
  const label = odd > even * 10 ? 'utf-16le' : even > odd * 10 ? 'utf-16be' : undefined;
  if (!label) return undefined;
  const text = iconv.decode(head.subarray(0, head.length - (head.length % 2)), label).slice(0, -1);
  const isText = text.includes('\n') || (even + odd) * 5 > head.length;
  return isText && !ODD_CHARACTERS.test(text) ? { label, decoder: label, bomBytes: 0, isGuess: true } : undefined;
}

/**
 * Chooses the encoding of a file without a mark.
 * @throws ReportRejection `binary_content` for NUL bytes, `encoding_unknown` when nothing fits.
 */
export function encodingBySurvey(survey: Utf8Survey): TextEncoding {
  if (survey.firstNul >= 0) {
    const message = `The file has a NUL byte at offset ${survey.firstNul}: it is no text file. Allowed are CSV, TSV, NDJSON, JSON and Parquet.`;
    throw new ReportRejection('binary_content', message, { offset: survey.firstNul });
  }
  if (survey.isUtf8 && survey.hasIso2022 && survey.sample.length === 0)
    return { label: 'iso-2022-jp', decoder: 'iso-2022-jp', bomBytes: 0, isGuess: true };
  if (survey.isUtf8) return { label: 'utf-8', bomBytes: 0, isGuess: false };
  if (survey.sequences > survey.brokenBytes * 10) return { label: 'utf-8', decoder: 'utf-8', bomBytes: 0, isGuess: true };
  const controls = survey.sample.filter((byte) => byte < 0x20 && (byte < 0x09 || byte > 0x0d)).length;
  if (controls * 100 > survey.sample.length) {
    throw new ReportRejection(
      'binary_content',
      'The file holds control characters: it is no text file. Allowed are CSV, TSV, NDJSON, JSON and Parquet.',
    );
  }
  const best = choose(survey.sample);
  if (!best) throw new ReportRejection('encoding_unknown', 'The text encoding of the file was not recognised; save it as UTF-8.');
  return { label: best[1], decoder: best[2], bomBytes: 0, isGuess: true };
}

type Candidate = readonly [string, string, string];

/** The likeliest candidate; of those that read the sample alike, the most common one. */
function choose(sample: Buffer): Candidate | undefined {
  if (isWesternSigns(sample)) return BY_NAME.get('windows1252');
  const evident = asianEncoding(sample) ?? latinEncoding(sample);
  const likeliest = CANDIDATES.find(([, , decoder]) => decoder === evident) ?? rank(sample);
  if (!likeliest) return undefined;
  const text = iconv.decode(sample, likeliest[2]);
  return CANDIDATES.find((candidate) => iconv.decode(sample, candidate[2]) === text);
}

function rank(sample: Buffer): Candidate | undefined {
  const found = detectAll(sample, { detectEncodings: CANDIDATES.map(([name]) => name), minimumThreshold: 0 })
    .map(({ encoding, confidence }) => ({ candidate: lookUp(encoding ?? ''), confidence }))
    .filter((one): one is { candidate: Candidate; confidence: number } => one.candidate !== undefined)
    .filter(({ candidate }) => decodes(sample, candidate[2]));
  const best = found[0];
  if (best && GREEK.has(best.candidate[1]) && !hasGreekAccents(sample)) return BY_NAME.get('windows1255');
  if (!best || !CENTRAL.has(best.candidate[1])) return best?.candidate;
  const likely = (label: string, share: number) =>
    found.find((one) => one.candidate[1] === label && one.confidence >= best.confidence * share)?.candidate;
  // Near ties of the detector on short texts: Western is far more common, and ISO-8859-2 has no printable byte 0x80..0x9f.
  const iso = sample.some((byte) => byte >= 0x80 && byte < 0xa0) ? undefined : likely('iso-8859-2', 0.98);
  return likely('windows-1252', 0.95) ?? iso ?? best.candidate;
}

const CENTRAL = new Set(['windows-1250', 'iso-8859-2', 'windows-1254', 'windows-1257', 'iso-8859-15']);

const GREEK = new Set(['windows-1253', 'iso-8859-7']);

/** Greek words have accents and capitals; letters of 0xe0 to 0xfa without either are Hebrew. */
function hasGreekAccents(sample: Buffer): boolean {
  return sample.some((byte) => (byte >= 0xb6 && byte < 0xe0) || byte > 0xfa);
}

function lookUp(name: string): Candidate | undefined {
  return BY_NAME.get(bare(name)) ?? BY_NAME.get(bare(ANSWERED_AS[bare(name)] ?? ''));
}

function isWesternSigns(sample: Buffer): boolean {
  const high = new Set(sample.filter((byte) => byte >= 0x80));
  return high.size > 0 && high.size <= 3 && [...high].every((byte) => WESTERN_SIGNS.has(byte));
}

function decodes(sample: Buffer, decoder: string): boolean {
  const text = iconv.decode(sample, decoder);
  const broken = text.split('\ufffd').length - 1;
  return broken * 200 <= sample.length - sample.filter((byte) => byte < 0x80).length;
}
