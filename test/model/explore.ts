/** One way to go on from a state. */
export interface Step<S> {
  readonly label: string;
  readonly to: S;
  /** A step that happens in the end when nothing hinders it: work, sweeps, the passing of time. Faults and requests are not. */
  readonly isFair: boolean;
  /** What this step breaks, as `property: detail`. */
  readonly violation?: string;
}

/** A state space, given by its steps. */
export interface Space<S> {
  initial(): readonly Step<S>[];
  /** Equal exactly for equal states. */
  keyOf(state: S): string;
  steps(state: S): readonly Step<S>[];
  /** What is wrong with the state, as `property: detail`. */
  wrongWith(state: S): string | undefined;
  /** An end in which nothing is left to do. */
  isGoodEnd(state: S): boolean;
}

export interface Violation {
  /** Name of the property that does not hold. */
  readonly property: string;
  readonly detail: string;
  /** The shortest way there, first step first. */
  readonly trace: readonly string[];
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  /** Longest shortest way from a start. */
  readonly depth: number;
  readonly seconds: number;
  readonly violation?: Violation;
}

/** Name of the property that a good end can be reached from everywhere. */
export const PROGRESS = 'a good end can be reached';

/** A growing list of 32-bit numbers: edges of a graph of millions. */
class Numbers {
  #items = new Int32Array(1 << 16);
  length = 0;

  push(value: number): void {
    if (this.length === this.#items.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#items[index]!;
  }
}

/**
 * Explores a state space completely, breadth first, and stops at the first violation, whose trace is then a shortest one. Where
 * nothing is violated, it goes backwards from the good ends over fair steps: a state that is not met can never end well.
 * @param maxStates throws beyond this many: a space that grows without bound is a mistake in the model.
 */
export function explore<S>(space: Space<S>, maxStates = 5_000_000): Exploration {
  return new Explorer(space, maxStates).run();
}

class Explorer<S> {
  readonly #space: Space<S>;
  readonly #maxStates: number;
  readonly #numbers = new Map<string, number>();
  /** States that wait for their turn; given up afterwards. */
  readonly #states: (S | undefined)[] = [];
  readonly #parents = new Numbers();
  readonly #levels = new Numbers();
  readonly #labels: string[] = [];
  readonly #from = new Numbers();
  readonly #to = new Numbers();
  readonly #good: number[] = [];
  #transitions = 0;
  #violation: Violation | undefined;

  constructor(space: Space<S>, maxStates: number) {
    this.#space = space;
    this.#maxStates = maxStates;
  }

  run(): Exploration {
    const startedAt = performance.now();
    for (const step of this.#space.initial()) this.#meet(step, -1);
    for (let number = 0; number < this.#states.length && !this.#violation; number += 1) this.#expand(number);
    if (!this.#violation) this.#checkProgress();
    const states = this.#states.length;
    const depth = this.#levels.at(states - 1);
    const seconds = (performance.now() - startedAt) / 1_000;
    return { states, transitions: this.#transitions, depth, seconds, ...(this.#violation && { violation: this.#violation }) };
  }

  #expand(number: number): void {
    const state = this.#states[number]!;
    this.#states[number] = undefined;
    for (const step of this.#space.steps(state)) {
      this.#transitions += 1;
      const to = this.#meet(step, number);
      if (this.#violation) return;
      if (step.isFair && to !== number) {
        this.#from.push(number);
        this.#to.push(to);
      }
    }
  }

  #meet(step: Step<S>, from: number): number {
    const key = this.#space.keyOf(step.to);
    const known = this.#numbers.get(key);
    if (step.violation !== undefined) this.#violate(step.violation, [...this.#traceTo(from), step.label]);
    if (known !== undefined) return known;
    const number = this.#states.length;
    if (number >= this.#maxStates) throw new Error(`More than ${this.#maxStates} states, for example ${key}`);
    this.#numbers.set(key, number);
    this.#states.push(step.to);
    this.#parents.push(from);
    this.#labels.push(step.label);
    this.#levels.push(from < 0 ? 0 : this.#levels.at(from) + 1);
    if (this.#space.isGoodEnd(step.to)) this.#good.push(number);
    const wrong = this.#space.wrongWith(step.to);
    if (wrong !== undefined) this.#violate(wrong, this.#traceTo(number));
    return number;
  }

  #violate(text: string, trace: readonly string[]): void {
    const colon = text.indexOf(': ');
    this.#violation ??= { property: text.slice(0, colon), detail: text.slice(colon + 2), trace };
  }

  #traceTo(number: number): string[] {
    const labels: string[] = [];
    for (let at = number; at >= 0; at = this.#parents.at(at)) labels.push(this.#labels[at]!);
    return labels.reverse();
  }

  /** Backwards from the good ends over fair steps. */
  #checkProgress(): void {
    const count = this.#states.length;
    const { starts, sources } = this.#backwards(count);
    const canEnd = new Uint8Array(count);
    const open = [...this.#good];
    for (const number of open) canEnd[number] = 1;
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (let index = starts[next]!; index < starts[next + 1]!; index += 1) {
        const source = sources[index]!;
        if (canEnd[source]) continue;
        canEnd[source] = 1;
        open.push(source);
      }
    }
    const stuck = canEnd.indexOf(0);
    if (stuck >= 0) this.#violate(`${PROGRESS}: from here none can, without a further fault or request`, this.#traceTo(stuck));
  }

  /** For each state the states from which a fair step leads to it, one after another. */
  #backwards(count: number): { starts: Int32Array; sources: Int32Array } {
    const starts = new Int32Array(count + 1);
    for (let edge = 0; edge < this.#to.length; edge += 1) starts[this.#to.at(edge) + 1]! += 1;
    for (let number = 0; number < count; number += 1) starts[number + 1]! += starts[number]!;
    const filled = starts.slice();
    const sources = new Int32Array(this.#to.length);
    for (let edge = 0; edge < this.#to.length; edge += 1) {
      const to = this.#to.at(edge);
      sources[filled[to]!] = this.#from.at(edge);
      filled[to]! += 1;
    }
    return { starts, sources };
  }
}
