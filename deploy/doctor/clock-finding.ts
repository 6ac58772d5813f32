import type { Finding } from './finding.ts';

const WARNED_MS = 2_000;
const FAILED_MS = 60_000;

/** How far another clock is from this one. @param asked when it was asked and when it answered, by this clock. */
export function clockFinding(
  otherMs: number,
  asked: { readonly askedAtMs: number; readonly answeredAtMs: number },
): Pick<Finding, 'status' | 'message'> {
  const offMs = otherMs - (asked.askedAtMs + asked.answeredAtMs) / 2;
  // It answered at some moment between the two.
  const surelyMs = Math.max(0, Math.abs(offMs) - (asked.answeredAtMs - asked.askedAtMs) / 2);
  const text = `${(Math.abs(offMs) / 1_000).toFixed(1)} s ${offMs < 0 ? 'behind' : 'ahead of'} this machine`;
  if (surelyMs < WARNED_MS) return { status: 'ok', message: text };
  return { status: surelyMs < FAILED_MS ? 'warning' : 'failed', message: `${text}: set the clocks by NTP.` };
}
