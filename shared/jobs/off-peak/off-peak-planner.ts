import type { OffPeakTerms } from '../../domain/job.ts';
import { windowsFor } from '../../domain/off-peak/off-peak-hold.ts';
import { giveReleases } from '../../domain/off-peak/release-line.ts';
import type { JobTypeSpec, Pipelines } from '../../domain/pipeline.ts';
import type { CalendarWindow, Occurrence } from '../../domain/windows/calendar-window.ts';
import { occurrencesAfter } from '../../domain/windows/window-occurrences.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Controls } from '../../ports/controls.ts';
import type { ReleaseLines } from '../../ports/release-lines.ts';
import type { TickCalendar } from '../../ports/tick-calendar.ts';
import { windowTicks } from '../windows/window-ticks.ts';

/** Windows are read at most this often. */
const KEEP_MS = 1_000;
/** Occurrences that are tried for one release; where all are full, the last takes more than its rate. */
const MOST_OCCURRENCES = 400;
/** Lost races for one line before its moments are given without it. */
const MOST_TRIES = 50;

/** What a submission says that is off-peak. */
export interface OffPeakWish {
  readonly type: string;
  readonly offPeak: Pick<OffPeakTerms, 'window'>;
  readonly runAt?: Date;
  readonly deadlineAt?: Date;
  /** When its deadline lets it start, where that is decided already. */
  readonly startBy?: Date;
}

/** What becomes of it. */
export interface OffPeakPlace {
  /** The moment of its release; absent: at once. */
  readonly runAt?: Date;
  readonly offPeak: OffPeakTerms;
}

export interface OffPeakPlannerDeps {
  readonly controls: Pick<Controls, 'read'>;
  readonly lines: ReleaseLines;
  readonly calendar: Pick<TickCalendar, 'ticksOf'>;
  readonly pipelines: Pipelines;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** How long nine of ten jobs of a type take once they run, in ms; undefined: not known. */
  readonly durations: { p90Of(type: string): Promise<number | undefined> };
}

/** Says when off-peak jobs are released: in their window, one after the other at its rate, or earlier where their deadline says so. */
export class OffPeakPlanner {
  readonly #deps: OffPeakPlannerDeps;
  #windows: readonly CalendarWindow[] = [];
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** By window and revision: the beginning of the first occurrence that has moments left, as far as this process knows. */
  readonly #open = new Map<string, Date>();
  #giving: Promise<unknown> = Promise.resolve();

  constructor(deps: OffPeakPlannerDeps) {
    this.#deps = deps;
  }

  /** Places for the wishes, in order. @param now the store's clock. @throws StoreUnavailableError. */
  async place(wishes: readonly OffPeakWish[], now: Date): Promise<readonly OffPeakPlace[]> {
    const windows = await this.#readWindows();
    const starts = await Promise.all(wishes.map((wish) => this.#startByOf(wish)));
    // One at a time: the moments of one window are given away in order.
    const given = this.#giving.then(() => this.#releasesOf(wishes, windows, now));
    this.#giving = given.catch(() => undefined);
    const releases = await given;
    return wishes.map((wish, index) => placeOf(wish, releases[index], starts[index], now));
  }

  async #readWindows(): Promise<readonly CalendarWindow[]> {
    const { controls, clock } = this.#deps;
    if (clock.monotonicMs() - this.#readAtMs <= KEEP_MS) return this.#windows;
    const { windows } = await controls.read();
    this.#windows = windows.filter(({ effect }) => effect === 'off_peak');
    this.#readAtMs = clock.monotonicMs();
    return this.#windows;
  }

  async #startByOf({ type, deadlineAt, startBy }: OffPeakWish): Promise<Date | undefined> {
    if (startBy || !deadlineAt) return startBy;
    const { durations, pipelines } = this.#deps;
    const durationMs = (await durations.p90Of(type)) ?? longestMs(pipelines.typeOf(type));
    return new Date(deadlineAt.getTime() - durationMs);
  }

  async #releasesOf(wishes: readonly OffPeakWish[], windows: readonly CalendarWindow[], now: Date): Promise<readonly (Date | undefined)[]> {
    const releases = new Array<Date | undefined>(wishes.length);
    const byWindow = new Map<CalendarWindow, number[]>();
    for (const [index, wish] of wishes.entries()) {
      const window = this.#firstOpen(windowsFor(windows, wish), notBeforeOf(wish, now));
      if (window) byWindow.set(window, [...(byWindow.get(window) ?? []), index]);
    }
    for (const [window, indexes] of byWindow) await this.#give(window, indexes, wishes, { now, releases });
    return releases;
  }

  /** Of several windows the one that is open first. */
  #firstOpen(windows: readonly CalendarWindow[], notBefore: Date): CalendarWindow | undefined {
    if (windows.length < 2) return windows[0];
    const opens = windows.map((window) => ({ window, from: this.#occurrences(window, notBefore, 1)[0]?.from ?? new Date(8.64e15) }));
    return opens.reduce((first, one) => (one.from < first.from ? one : first)).window;
  }

  #occurrences({ calendar, skipped }: CalendarWindow, after: Date, most: number): readonly Occurrence[] {
    const found = occurrencesAfter(calendar, windowTicks(this.#deps.calendar, calendar), after, most + skipped.length);
    return found.filter(({ from }) => !skipped.some((one) => one.getTime() === from.getTime())).slice(0, most);
  }

  async #give(
    window: CalendarWindow,
    indexes: readonly number[],
    wishes: readonly OffPeakWish[],
    { now, releases }: { now: Date; releases: (Date | undefined)[] },
  ): Promise<void> {
    let left = indexes;
    let after = earliest(left.map((index) => notBeforeOf(wishes[index]!, now)));
    const known = this.#open.get(lineName(window));
    if (known && known > after) after = known;
    for (let tried = 0; left.length > 0 && tried < MOST_OCCURRENCES; tried += 1) {
      const [occurrence] = this.#occurrences(window, after, 1);
      // A window that has no more occurrences holds nothing back.
      if (!occurrence) return;
      const moments = await this.#giveIn(
        window,
        occurrence,
        left.map((index) => ({ ...wishes[index]!, notBefore: notBeforeOf(wishes[index]!, now) })),
      );
      for (const [position, index] of left.entries()) releases[index] = moments[position];
      const isFull = left.some((index, position) => moments[position] === undefined && notBeforeOf(wishes[index]!, now) < occurrence.until);
      if (isFull) this.#open.set(lineName(window), occurrence.until);
      left = left.filter((_, position) => moments[position] === undefined);
      if (tried === MOST_OCCURRENCES - 1) for (const index of left) releases[index] = occurrence.from;
      after = occurrence.until;
    }
  }

  async #giveIn(
    window: CalendarWindow,
    occurrence: Occurrence,
    wishes: readonly (OffPeakWish & { readonly notBefore: Date })[],
  ): Promise<readonly (Date | undefined)[]> {
    const { lines } = this.#deps;
    const asked = wishes.map(({ type, notBefore }) => ({ type, notBefore, batch: this.#batchOf(window, type) }));
    const { perSecond } = window;
    if (perSecond === undefined) return giveReleases(undefined, occurrence, Number.POSITIVE_INFINITY, asked).moments;
    const key = { window: window.name, revision: window.revision, ...occurrence };
    for (let tried = 0; ; tried += 1) {
      const stored = await lines.read(key);
      const { line, moments } = giveReleases(stored, occurrence, perSecond, asked);
      if (moments.every((moment) => moment === undefined)) return moments;
      if (tried >= MOST_TRIES || (await lines.replace(key, line, stored?.version ?? 0))) return moments;
    }
  }

  #batchOf({ batch }: CalendarWindow, type: string): number {
    const { pipelines } = this.#deps;
    return pipelines.has(type) && pipelines.typeOf(type).stages[0]?.isInline ? batch : 1;
  }
}

const lineName = ({ name, revision }: CalendarWindow): string => `${name}|${revision}`;

function notBeforeOf({ runAt }: OffPeakWish, now: Date): Date {
  return runAt && runAt > now ? runAt : now;
}

function earliest(moments: readonly Date[]): Date {
  return new Date(Math.min(...moments.map((moment) => moment.getTime())));
}

/** While nothing is known of a type: no attempt takes longer than the timeouts of its stages. */
function longestMs({ stages }: JobTypeSpec): number {
  return stages.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
}

/** @param release undefined: no window holds it. */
function placeOf({ offPeak, runAt }: OffPeakWish, release: Date | undefined, startBy: Date | undefined, now: Date): OffPeakPlace {
  const isEarly = release && startBy && startBy < release;
  const asked = runAt && runAt > now ? runAt : undefined;
  // The deadline lets it start sooner, but not before the moment that its caller asked for.
  const at = isEarly ? (asked && asked > startBy ? asked : startBy) : (release ?? asked);
  return {
    ...(at && at > now && { runAt: at }),
    offPeak: {
      ...(offPeak.window !== undefined && { window: offPeak.window }),
      ...(asked && { notBefore: asked }),
      ...(startBy && { startBy }),
    },
  };
}
