import type { JobError } from '../errors.ts';

/** Long enough to tell errors apart; what follows is mostly data. */
const TOLD_APART_BY = 200;
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;

/** What differs from job to job, in the order in which it is looked for. */
const VARYING: readonly (readonly [pattern: RegExp, sign: string])[] = [
  [/\bhttps?:\/\/\S+/gi, '<url>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<id>'],
  [/"[^"]*"|'[^']*'|`[^`]*`|“[^”]*”/g, '<text>'],
  [/\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b/gi, '<id>'],
  [/\d+(?:[.,:]\d+)*/g, '<n>'],
  [/\s+/g, ' '],
];

/** The message without what differs from job to job: quoted texts, numbers, ids, addresses. At most 200 characters. */
export function messagePattern(message: string): string {
  return VARYING.reduce((text, [pattern, sign]) => text.replace(pattern, sign), message.slice(0, 2_000))
    .trim()
    .slice(0, TOLD_APART_BY);
}

/** Errors of one cause have one fingerprint: 16 hex digits (FNV-1a, 64 bits) of the code and the message's pattern. */
export function errorFingerprint({ code, message }: Pick<JobError, 'code' | 'message'>): string {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(`${code}\n${messagePattern(message)}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  }
  return hash.toString(16).padStart(16, '0');
}
