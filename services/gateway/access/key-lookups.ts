import type { ApiKey } from '../../../shared/domain/api-key.ts';
import type { ApiKeys } from '../../../shared/ports/api-keys.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { Problem } from '../problems.ts';
import type { StoreGuard } from '../store-guard.ts';

/** From the moment the store was asked. A revocation is in force at every gateway after this and the time of one answer: 5 s. */
const GOOD_FOR_MS = 4_000;
const MOST_KEPT = 10_000;
/** Different ids asked about at once: whoever makes ids up must not take all connections of the store. */
const MOST_UNDER_WAY = 100;

export interface KeyLookupsOptions {
  readonly keys: Pick<ApiKeys, 'read'>;
  readonly guard: Pick<StoreGuard, 'run'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

interface Kept {
  readonly key: ApiKey | undefined;
  readonly askedAtMs: number;
}

/** Keys by id, asked of the store at most each 4 s. Bounded: those that are there, and apart from them those that are not. */
export class KeyLookups {
  readonly #options: KeyLookupsOptions;
  readonly #found = new Map<string, Kept>();
  readonly #missing = new Map<string, Kept>();
  readonly #underWay = new Map<string, Promise<ApiKey | undefined>>();

  constructor(options: KeyLookupsOptions) {
    this.#options = options;
  }

  /** Answers at once what is known. @throws StoreUnavailableError, Problem overloaded. */
  find(id: string): ApiKey | undefined | Promise<ApiKey | undefined> {
    const kept = this.#found.get(id) ?? this.#missing.get(id);
    if (kept && this.#options.clock.monotonicMs() - kept.askedAtMs < GOOD_FOR_MS) return kept.key;
    return this.#underWay.get(id) ?? this.#ask(id);
  }

  #ask(id: string): Promise<ApiKey | undefined> {
    if (this.#underWay.size >= MOST_UNDER_WAY) throw tooMany();
    const { clock, guard, keys } = this.#options;
    const askedAtMs = clock.monotonicMs();
    const answer = guard
      .run(() => keys.read(id))
      .then((key) => this.#keep(id, { key, askedAtMs }))
      .finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, answer);
    return answer;
  }

  #keep(id: string, kept: Kept): ApiKey | undefined {
    const [into, other] = kept.key ? [this.#found, this.#missing] : [this.#missing, this.#found];
    other.delete(id);
    into.delete(id);
    into.set(id, kept);
    // The one that was asked about longest ago stands first.
    if (into.size > MOST_KEPT) into.delete(into.keys().next().value!);
    return kept.key;
  }
}

function tooMany(): Problem {
  const detail = 'Too many API keys are being looked up.';
  return new Problem('overloaded', { detail, headers: { 'Retry-After': '1' }, bound: 'key_lookups' });
}
