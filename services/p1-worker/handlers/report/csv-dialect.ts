import { type CsvDialect, CsvTokenizer, fieldText, isBlank } from './csv-tokenizer.ts';
import { ReportRejection } from './rejection.ts';

const SAMPLE_RECORDS = 1_000;
const DELIMITERS = [',', ';', '\t', '|'] as const;

/** The first records of a file, decoded. */
export interface CsvSample {
  readonly dialect: CsvDialect;
  readonly records: readonly (readonly string[])[];
  /** Blank lines before the first record. */
  readonly leadingBlanks: number;
  /** The sample is the whole file. */
  readonly isWhole: boolean;
  /** The file begins with a line like `sep=;`, by which Excel is told the delimiter; it is not among the records. */
  readonly hasSeparatorLine: boolean;
}

interface Trial extends CsvSample {
  /** Share of the records that have as many fields as most, plus 1 when the first record has too; -1 when it cannot be read. */
  readonly score: number;
  readonly width: number;
}

/**
 * Finds delimiter and escape by reading the head of the file with each and comparing how regular the records are.
 * @param head Bytes of the file's beginning, without a byte order mark.
 * @param prefersTab The name or media type says TSV.
 */
export function sniffCsv(head: Buffer, isWhole: boolean, prefersTab: boolean): CsvSample {
  const said = SEPARATOR_LINE.exec(head.toString('latin1', 0, 16))?.[1];
  if (said === undefined) return chooseDialect(head, isWhole, prefersTab);
  const sample = tryDialect({ delimiter: said, escape: '"' }, head, isWhole);
  return { ...sample, records: sample.records.slice(1), hasSeparatorLine: true };
}

const SEPARATOR_LINE = /^"?sep=([,;\t|])"?\r?\n/i;

function chooseDialect(head: Buffer, isWhole: boolean, prefersTab: boolean): CsvSample {
  const trials = (['"', '\\'] as const)
    .filter((mark) => mark === '"' || head.includes('\\"'))
    .flatMap((mark) => DELIMITERS.map((delimiter) => tryDialect({ delimiter, escape: mark }, head, isWhole)));
  const regular = trials.filter((trial) => trial.score >= 0 && trial.width > 1);
  const tab = regular.find((trial) => trial.dialect.delimiter === '\t');
  if (prefersTab && tab) return tab;
  regular.sort((a, b) => b.score - a.score || b.width - a.width);
  if (regular[0]) return regular[0];
  const spaced = tryDialect({ delimiter: ' ', escape: '"' }, head, isWhole);
  if (isSpacedNumbers(spaced)) return spaced;
  // A file that is broken with every delimiter: the one that splits most shows the user where.
  const broken = trials.filter((trial) => trial.score < 0 && trial.width > 1).sort((a, b) => b.width - a.width)[0];
  return broken ?? trials.find((trial) => trial.score >= 0) ?? trials[0]!;
}

function tryDialect(dialect: CsvDialect, head: Buffer, isWhole: boolean): Trial {
  const records: string[][] = [];
  let leadingBlanks = 0;
  let isBroken = false;
  try {
    new CsvTokenizer(dialect).tokenize(head, head.length, isWhole, (record) => {
      if (isBlank(record)) {
        if (records.length === 0) leadingBlanks += 1;
      } else {
        records.push(Array.from({ length: record.fields }, (_, field) => fieldText(record, field, dialect)));
      }
      return records.length < SAMPLE_RECORDS;
    });
  } catch (error) {
    if (!(error instanceof ReportRejection)) throw error;
    isBroken = true;
  }
  const width = commonWidth(records);
  const regular = records.filter((record) => record.length === width).length / Math.max(records.length, 1);
  const score = isBroken ? -1 : regular + (records[0]?.length === width ? 1 : 0);
  return { dialect, records, leadingBlanks, isWhole, hasSeparatorLine: false, score, width };
}

/** The number of fields that most records behind the first have. */
function commonWidth(records: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  const body = records.length > 1 ? records.slice(1) : records;
  for (const { length } of body) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 0;
}

/** Spaces separate fields only where every record has the same number of them and all behind the header are numbers. */
function isSpacedNumbers(trial: Trial): boolean {
  if (trial.score < 2 || trial.width < 2 || trial.records.length < 2) return false;
  return trial.records.slice(1).every((record) => record.every((cell) => cell !== '' && Number.isFinite(Number(cell))));
}
