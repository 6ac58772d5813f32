import type { JobState } from '../../shared/client/index.ts';
import type { Terminal } from './command.ts';
import { untilText } from './moments.ts';
import { painted } from './paint.ts';
import { plain } from './plain.ts';

const BAR_CHARS = 24;
/** Statuses come from a fixed set; the longest is PROCESS_1_RUNNING. */
const STATUS_CHARS = 17;

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

/** A job's status in one line. */
export function statusLine(state: JobState, look: Pick<Terminal, 'hasColour'> = {}): string {
  return `${painted(state.status.padEnd(STATUS_CHARS), look)} ${String(state.progress).padStart(3)} %  ${plain(detailOf(state))}`.trimEnd();
}

/** A job's progress as a bar, no wider than the terminal. */
export function barLine(state: JobState, columns: number): string {
  const full = Math.round((state.progress / 100) * BAR_CHARS);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR_CHARS - full)}] ${statusLine(state)}`.slice(0, columns - 1);
}
