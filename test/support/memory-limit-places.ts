import type { Clock } from '../../shared/ports/clock.ts';
import type { HeldPlace, LimitPlaces, PlacesTaken, WantedPlace } from '../../shared/ports/limit-places.ts';
import {
  aliveHolders,
  type ChangedPlaces,
  freePlace,
  keepPlace,
  keptFor,
  type PlaceHolder,
  renewPlaces,
  takePlace,
} from './memory-places.ts';

/** LimitPlaces in memory that pass the contract of the real ones. */
export class MemoryLimitPlaces implements LimitPlaces {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #holders = new Map<string, readonly PlaceHolder[]>();

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

  #set(name: string, { holders, hasPlace }: ChangedPlaces): boolean {
    this.#holders.set(name, holders);
    return hasPlace;
  }

  get #nowMs(): number {
    return this.#clock.now().getTime();
  }

  #of(name: string): readonly PlaceHolder[] {
    return this.#holders.get(name) ?? [];
  }
}
