/** Mixes two 32-bit numbers into one (the finaliser of MurmurHash3). */
export function mix(a: number, b: number): number {
  let h = (a ^ Math.imul(b, 0x9e3779b1)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Folds a text into a 32-bit hash (FNV-1a). */
export function fold(hash: number, text: string): number {
  let h = hash;
  for (let index = 0; index < text.length; index += 1) h = Math.imul(h ^ text.charCodeAt(index), 0x01000193);
  return h >>> 0;
}

/** Seeded chance: the same seed draws the same values in the same order. */
export class Draws {
  #state: number;
  #count = 0;

  constructor(seed: number) {
    this.#state = mix(seed, 0x51ed270b);
  }

  /** 0 <= value < 1. */
  next(): number {
    return mix(this.#state, ++this.#count) / 0x1_0000_0000;
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** Both ends inclusive. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.next() * all.length)]!;
  }
}
