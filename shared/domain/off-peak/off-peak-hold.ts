import type { JobRecord } from '../job.ts';
import { type CalendarWindow, nextOccurrence, occurrenceAt } from '../windows/calendar-window.ts';

/** A job as off-peak windows see it. */
export type OffPeakJob = Pick<JobRecord, 'type' | 'offPeak' | 'deadlineAt'>;

/** What keeps an off-peak job from starting now. */
export interface OffPeakHold {
  /** The window that opens first; absent where none of the job's windows is known to open. */
  readonly window?: CalendarWindow;
  readonly opensAt?: Date;
  /** When it may start: as its window opens, or before because of its deadline. */
  readonly until?: Date;
  /** When its deadline lets it start at the latest. */
  readonly startBy?: Date;
}

/** The windows that a job waits for: the one that it names, else those for its type. */
export function windowsFor<W extends Pick<CalendarWindow, 'effect' | 'name' | 'types'>>(
  windows: readonly W[],
  { type, offPeak }: Pick<OffPeakJob, 'type' | 'offPeak'>,
): readonly W[] {
  if (!offPeak) return [];
  return windows.filter(
    ({ effect, name, types }) =>
      effect === 'off_peak' && (offPeak.window === undefined ? (types?.includes(type) ?? true) : offPeak.window === name),
  );
}

/** The moment from which on its deadline lets a job start outside its window. A replay takes the deadline away. */
export function startByOf({ offPeak, deadlineAt }: Pick<OffPeakJob, 'offPeak' | 'deadlineAt'>): Date | undefined {
  return deadlineAt && offPeak?.startBy;
}

/** Whether and until when a job has to wait for its window; undefined: it may start. @param now the store's clock. */
export function offPeakHold(windows: readonly CalendarWindow[], job: OffPeakJob, now: Date): OffPeakHold | undefined {
  const own = windowsFor(windows, job);
  const startBy = startByOf(job);
  if (own.length === 0 || (startBy && startBy <= now) || own.some((window) => occurrenceAt(window, now))) return undefined;
  const [first] = own
    .flatMap((window) => {
      const next = nextOccurrence(window, now);
      return next ? [{ window, opensAt: next.from }] : [];
    })
    .toSorted((a, b) => a.opensAt.getTime() - b.opensAt.getTime());
  const until = first && startBy && startBy < first.opensAt ? startBy : (first?.opensAt ?? startBy);
  return { ...first, ...(until && { until }), ...(startBy && { startBy }) };
}
