import { jsonErrorPosition } from './json-error-position.ts';
import { ReportRejection } from './rejection.ts';

/**
 * Parses a JSON text.
 * @param line Line of the source that the text begins on.
 * @throws ReportRejection `json_malformed`, with the line and the character.
 */
export function parseJson(text: string, line: number): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw malformedJson(text, line);
  }
}

/** A search by patterns may need more stack than there is for texts beyond this. */
const SEARCHED_CHARACTERS = 1_000_000;

function malformedJson(text: string, line: number): ReportRejection {
  if (text.length > SEARCHED_CHARACTERS) return brokenJson(line, 'the object that begins there cannot be read');
  const position = jsonErrorPosition(text);
  if (position >= text.trimEnd().length) return brokenJson(line + countLines(text), 'it ends too early');
  const character = JSON.stringify(String.fromCodePoint(text.codePointAt(position) ?? 0x20));
  const column = position - text.lastIndexOf('\n', position - 1);
  return brokenJson(line + countLines(text.slice(0, position)), `unexpected ${character} at character ${column}`);
}

const countLines = (text: string) => text.trimEnd().split('\n').length - 1;

/** @param what What is wrong there, without a full stop. */
export function brokenJson(line: number, what: string): ReportRejection {
  return new ReportRejection('json_malformed', `The JSON is broken in line ${line}: ${what}.`, { line });
}

/** A value in the place of a row that is none. @param row From 1. */
export function noObject(row: number): ReportRejection {
  return new ReportRejection('json_not_tabular', `Row ${row} of the JSON is no object; every row must be one.`, { row });
}
