import type { OptionValues } from './command.ts';
import { STRING, textOption } from './option-values.ts';

const NAMES = ['stage', 'type', 'tenant', 'fingerprint', 'failed-from', 'failed-before'] as const;

/** Options that name dead letters. */
export const DEAD_LETTER_OPTIONS = Object.fromEntries(NAMES.map((name) => [name, STRING]));

/** What help says of them. */
export const DEAD_LETTER_OPTIONS_HELP = `  --stage STAGE      those that failed at this stage; likewise:
  --type TYPE, --tenant TENANT, --fingerprint HEX (as dlq groups shows it)
  --failed-from AT, --failed-before AT
                     by when they failed, e.g. 2027-01-31T06:00:00Z
`;

/** The filter that the options say, with the names of the API. */
export function deadLetterFilterOf(values: OptionValues): Readonly<Record<string, string>> {
  return Object.fromEntries(
    NAMES.flatMap((name) => {
      const text = textOption(values, name);
      return text === undefined ? [] : [[name.replaceAll('-', '_'), text]];
    }),
  );
}
