import type { Clock } from '../../shared/ports/clock.ts';
import type { LimitPlaces, PlacesTaken, WantedPlace } from '../../shared/ports/limit-places.ts';

interface Holder {
  readonly jobId: string;
  readonly claim?: string;
  readonly untilMs: number;
}

/** LimitPlaces in memory that pass the contract of the real ones. */
export class MemoryLimitPlaces implements LimitPlaces {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #holders = new Map<string, readonly Holder[]>();

  constructor({ clock }: { readonly clock: Pick<Clock, 'now'> }) {
    this.#clock = clock;
  }

  async take({ name, jobId, claim, places, forMs }: WantedPlace): Promise<boolean> {
    const isOwn = (one: Holder): boolean => one.claim === claim || (one.claim === undefined && one.jobId === jobId);
    const others = this.#alive(name).filter((one) => !isOwn(one));
    const hasRoom = others.length < places;
    this.#holders.set(name, hasRoom ? [...others, { jobId, claim, untilMs: this.#nowMs + forMs }] : others);
    return hasRoom;
  }

  async keep({ name, jobId, places, forMs }: Omit<WantedPlace, 'claim'>): Promise<boolean> {
    const alive = this.#alive(name);
    if (alive.length >= places || alive.some((one) => one.claim === undefined && one.jobId === jobId)) return false;
    this.#holders.set(name, [...alive, { jobId, untilMs: this.#nowMs + forMs }]);
    return true;
  }

  async renew(names: readonly string[], claims: readonly string[], forMs: number): Promise<void> {
    const renewed = (one: Holder): Holder =>
      one.claim !== undefined && claims.includes(one.claim) ? { ...one, untilMs: this.#nowMs + forMs } : one;
    for (const name of names) this.#holders.set(name, (this.#holders.get(name) ?? []).map(renewed));
  }

  async free(name: string, claim: string): Promise<void> {
    this.#holders.set(
      name,
      this.#alive(name).filter((one) => one.claim !== claim),
    );
  }

  async look(name: string): Promise<PlacesTaken> {
    const alive = this.#alive(name);
    return { taken: alive.length, keptFor: alive.flatMap(({ jobId, claim }) => (claim === undefined ? [jobId] : [])) };
  }

  get #nowMs(): number {
    return this.#clock.now().getTime();
  }

  #alive(name: string): readonly Holder[] {
    return (this.#holders.get(name) ?? []).filter(({ untilMs }) => untilMs > this.#nowMs);
  }
}
