import type { WantedPlace } from '../../shared/ports/limit-places.ts';

/** Who has a place of a limit, with its time in ms. */
export interface MemoryHolder {
  readonly jobId: string;
  /** Absent: the place is kept for the job. */
  readonly claim?: string;
  readonly untilMs: number;
}

/** What a change has made of a limit's holders. */
export interface ChangedPlaces {
  readonly holders: readonly MemoryHolder[];
  readonly hasPlace: boolean;
}

type Wanted = Pick<WantedPlace, 'jobId' | 'places' | 'forMs'>;

/** Holders whose time is not over. */
export function aliveHolders(holders: readonly MemoryHolder[], nowMs: number): readonly MemoryHolder[] {
  return holders.filter(({ untilMs }) => untilMs > nowMs);
}

/** A claim takes a place; its own, and one that is kept for its job, are renewed. */
export function takePlace(
  holders: readonly MemoryHolder[],
  { jobId, claim, places, forMs }: Wanted & { readonly claim: string },
  nowMs: number,
): ChangedPlaces {
  const isOwn = (one: MemoryHolder): boolean => one.claim === claim || (one.claim === undefined && one.jobId === jobId);
  const others = aliveHolders(holders, nowMs).filter((one) => !isOwn(one));
  const hasPlace = others.length < places;
  return { holders: hasPlace ? [...others, { jobId, claim, untilMs: nowMs + forMs }] : others, hasPlace };
}

/** A place is kept for a job, once. */
export function keepPlace(holders: readonly MemoryHolder[], { jobId, places, forMs }: Wanted, nowMs: number): ChangedPlaces {
  const alive = aliveHolders(holders, nowMs);
  const hasPlace = alive.length < places && !keptFor(alive).includes(jobId);
  return { holders: hasPlace ? [...alive, { jobId, untilMs: nowMs + forMs }] : alive, hasPlace };
}

/** What these claims have is theirs until then. */
export function renewPlaces(holders: readonly MemoryHolder[], claims: readonly string[], untilMs: number): readonly MemoryHolder[] {
  return holders.map((one) => (one.claim !== undefined && claims.includes(one.claim) ? { ...one, untilMs } : one));
}

/** A claim's place is given back. */
export function freePlace(holders: readonly MemoryHolder[], claim: string, nowMs: number): readonly MemoryHolder[] {
  return aliveHolders(holders, nowMs).filter((one) => one.claim !== claim);
}

/** Jobs that a place is kept for. */
export function keptFor(holders: readonly MemoryHolder[]): readonly string[] {
  return holders.flatMap(({ jobId, claim }) => (claim === undefined ? [jobId] : []));
}
