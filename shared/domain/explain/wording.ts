import type { JobError } from '../errors.ts';
import type { ExplainFacts } from './explain-facts.ts';

const SECOND_MS = 1_000;
const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', SECOND_MS],
] as const;

/** A moment in a sentence: RFC 3339, UTC, to the second. */
export function moment(at: Date): string {
  return `${at.toISOString().slice(0, 19)}Z`;
}

/** A time span in a sentence, in its largest unit: `3 minutes`. */
export function span(ms: number): string {
  const found = UNITS.find(([, unitMs]) => ms >= unitMs);
  if (!found) return 'less than a second';
  const count = Math.floor(ms / found[1]);
  return `${count} ${found[0]}${count === 1 ? '' : 's'}`;
}

/** What users call a stage: Process 1 for the first. */
export function processName(stage: number): string {
  return `Process ${stage + 1}`;
}

/** Attempts of the present stage that there may be. */
export function maxAttemptsOf({ record, type }: ExplainFacts): number | undefined {
  return record.maxAttempts ?? type.stages[record.stage]?.retry.maxAttempts;
}

/** `attempt 2 of 3`, or without the limit where that is not known. */
export function attemptOf(facts: ExplainFacts): string {
  const most = maxAttemptsOf(facts);
  return most === undefined ? `attempt ${facts.record.attempt}` : `attempt ${facts.record.attempt} of ${most}`;
}

/** An error in a sentence, its own full stop left out. */
export function errorText({ message, code }: JobError): string {
  return `${message.replace(/\.\s*$/, '')} (${code})`;
}
