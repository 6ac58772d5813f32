/** Which jobs a pause is for: those that fit all that is named. Nothing named: all jobs. */
export interface PauseSelector {
  /** Name of a stage, e.g. `p1`. */
  readonly stage?: string;
  readonly type?: string;
  readonly tenant?: string;
}

/** Work that is not started for a while: by whom, and why. */
export interface Pause {
  /** Of its selector: one pause for the same jobs takes the place of another. */
  readonly id: string;
  readonly selector: PauseSelector;
  readonly reason: string;
  /** Who asked for it. */
  readonly by: string;
  readonly createdAt: Date;
  /** Absent: at once. */
  readonly from?: Date;
  /** Ends by itself then; absent: only by hand. */
  readonly until?: Date;
  /** When it was ended by hand. */
  readonly endedAt?: Date;
  /** Tells this pause from others under the same id. */
  readonly token: string;
}

/** A job as pauses see it. */
export interface PausedPlace {
  readonly stage: string;
  readonly type: string;
  readonly tenant: string;
}

/** A pause that has no end postpones its jobs for this long; they are owed again as soon as it ends. */
const NO_END_MS = 3_600_000;
/** Owed again no sooner than this: a bell that comes before the pause is over would be in vain. */
const LEAST_MS = 1_000;

/** The id of the pause for a selector, e.g. `stage=p1,type=report`; `all` where nothing is named. */
export function pauseIdOf({ stage, type, tenant }: PauseSelector): string {
  const named = Object.entries({ stage, type, tenant }).filter(([, value]) => value !== undefined);
  return named.length === 0 ? 'all' : named.map(([name, value]) => `${name}=${value}`).join(',');
}

/** Whether it has ended, by hand or by itself. @param now the store's clock. */
export function isOver({ endedAt, until }: Pause, now: Date): boolean {
  return endedAt !== undefined || (until !== undefined && until <= now);
}

/** Whether it holds work back now. @param now the store's clock. */
export function isActive(pause: Pause, now: Date): boolean {
  return !isOver(pause, now) && (pause.from === undefined || pause.from <= now);
}

/** The pause that holds a job back now: of several the one that ends last. @param now the store's clock. */
export function pauseOf(pauses: readonly Pause[], place: PausedPlace, now: Date): Pause | undefined {
  return lasting(pauses.filter((pause) => isActive(pause, now) && selects(pause.selector, place)));
}

/** The pause of a whole stage, whatever the jobs. @param now the store's clock. */
export function stagePauseOf(pauses: readonly Pause[], stage: string, now: Date): Pause | undefined {
  const isWhole = ({ selector }: Pause): boolean => selector.type === undefined && selector.tenant === undefined;
  const isHere = ({ selector }: Pause): boolean => selector.stage === undefined || selector.stage === stage;
  return lasting(pauses.filter((pause) => isActive(pause, now) && isWhole(pause) && isHere(pause)));
}

/** After how long a job that the pause holds back is owed again. @param now the store's clock. */
export function postponedMs({ until }: Pause, now: Date): number {
  return until === undefined ? NO_END_MS : Math.max(LEAST_MS, until.getTime() - now.getTime());
}

function selects({ stage, type, tenant }: PauseSelector, place: PausedPlace): boolean {
  return (
    (stage === undefined || stage === place.stage) &&
    (type === undefined || type === place.type) &&
    (tenant === undefined || tenant === place.tenant)
  );
}

function lasting(pauses: readonly Pause[]): Pause | undefined {
  const endMs = ({ until }: Pause): number => until?.getTime() ?? Number.POSITIVE_INFINITY;
  return pauses.reduce<Pause | undefined>((last, pause) => (last === undefined || endMs(pause) > endMs(last) ? pause : last), undefined);
}
