import type { Clock } from '../../shared/ports/clock.ts';
import type { HeldPlace, LimitPlaces, PlaceHolder, PlacesOfLimit, PlacesTaken, WantedPlace } from '../../shared/ports/limit-places.ts';
import {
  aliveHolders,
  type ChangedPlaces,
  freePlace,
  keepPlace,
  keptFor,
  type MemoryHolder,
  renewPlaces,
  takePlace,
} from './memory-places.ts';

/** LimitPlaces in memory that pass the contract of the real ones. */
export class MemoryLimitPlaces implements LimitPlaces {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #holders = new Map<string, readonly MemoryHolder[]>();

  constructor({ clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async take({ name, ...wanted }: WantedPlace): Promise<boolean> {
    return this.#set(name, takePlace(this.#of(name), wanted, this.#nowMs));
  }

  async keep({ name, ...wanted }: Omit<WantedPlace, 'claim'>): Promise<boolean> {
    return this.#set(name, keepPlace(this.#of(name), wanted, this.#nowMs));
  }

  async renew(names: readonly string[], claims: readonly string[], forMs: number): Promise<readonly HeldPlace[]> {
    for (const name of names) this.#holders.set(name, renewPlaces(this.#of(name), claims, this.#nowMs + forMs));
    return names.flatMap((name) =>
      this.#of(name).flatMap(({ claim }) => (claim !== undefined && claims.includes(claim) ? [{ name, claim }] : [])),
    );
  }

  async free(name: string, claim: string): Promise<void> {
    this.#holders.set(name, freePlace(this.#of(name), claim, this.#nowMs));
  }

  async look(name: string): Promise<PlacesTaken> {
    const alive = aliveHolders(this.#of(name), this.#nowMs);
    return { taken: alive.length, keptFor: keptFor(alive) };
  }

  async scan(limit: number, after = ''): Promise<readonly PlacesOfLimit[]> {
    const names = [...this.#holders.keys()].filter((name) => name > after).toSorted();
    return names.slice(0, limit).map((name) => ({
      name,
      holders: aliveHolders(this.#of(name), this.#nowMs).map(({ untilMs, ...one }) => ({ ...one, until: new Date(untilMs) })),
    }));
  }

  async drop(name: string, { jobId, claim, until }: PlaceHolder): Promise<boolean> {
    const isIt = (one: MemoryHolder): boolean => one.jobId === jobId && one.claim === claim && one.untilMs === until.getTime();
    const before = this.#of(name);
    this.#holders.set(
      name,
      before.filter((one) => !isIt(one)),
    );
    return before.some(isIt);
  }

  #set(name: string, { holders, hasPlace }: ChangedPlaces): boolean {
    this.#holders.set(name, holders);
    return hasPlace;
  }

  get #nowMs(): number {
    return this.#clock.now().getTime();
  }

  #of(name: string): readonly MemoryHolder[] {
    return this.#holders.get(name) ?? [];
  }
}
