import type { JobState } from '../../shared/client/index.ts';

const BAR_CHARS = 24;
/** Statuses come from a fixed set; the longest is PROCESS_1_RUNNING. */
const STATUS_CHARS = 17;

/** How long from now, for a person: 12 s, 3 min, 2 h. */
function untilText(at: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(at) - Date.now()) / 1_000));
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

/** What is known beside status and progress. */
function detailOf({ queue_position, eta, next_attempt_at, error, retry_available }: JobState): string {
  const parts = [
    queue_position === undefined ? undefined : `place ${queue_position} in its queue`,
    next_attempt_at === undefined ? undefined : `next attempt in ${untilText(next_attempt_at)}`,
    eta === undefined ? undefined : `ends in ${untilText(eta.p50)}, by nine in ten ${untilText(eta.p90)}`,
    error,
    retry_available === true ? 'jobline retry can help' : undefined,
  ];
  return parts.filter((part) => part !== undefined).join('; ');
}

/** Text of a server in one line of a terminal: without what moves its cursor. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** A job's status in one line. */
export function statusLine(state: JobState): string {
  return `${state.status.padEnd(STATUS_CHARS)} ${String(state.progress).padStart(3)} %  ${plain(detailOf(state))}`.trimEnd();
}

/** A job's progress as a bar, no wider than the terminal. */
export function barLine(state: JobState, columns: number): string {
  const full = Math.round((state.progress / 100) * BAR_CHARS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CHARS - full)}] ${statusLine(state)}`.slice(0, columns - 1);
}
