/** Whose event it is: those of a dead process never happen, those of a frozen one when it thaws. */
export interface Owner {
  readonly isAlive: boolean;
  /** Virtual time; 0 when it is not frozen. */
  readonly frozenUntilMs: number;
}

export interface TimedEvent {
  readonly atMs: number;
  readonly order: number;
  readonly owner: Owner | undefined;
  /** @returns false when nothing followed from it. */
  fire: (() => unknown) | undefined;
}

/** All promises that can go on without time have gone on by then: ticks run once the queue of microtasks is empty. */
function settled(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Virtual time: what is to happen, in order. Equal times keep the order in which they were asked for. */
export class Timeline {
  nowMs: number;
  readonly #heap: TimedEvent[] = [];
  #orders = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
  }

  /** Lets something happen after `ms`, in whole ms. @returns the event, for `cancel`. */
  after(ms: number, owner: Owner | undefined, fire: () => unknown): TimedEvent {
    const event = { atMs: this.nowMs + Math.ceil(Math.max(ms, 0)), order: this.#orders++, owner, fire };
    this.#push(event);
    return event;
  }

  cancel(event: TimedEvent): void {
    event.fire = undefined;
  }

  /** Resolves after `ms`; never for a dead owner, and for a frozen one when it thaws. */
  delay(ms: number, owner?: Owner): Promise<void> {
    return new Promise((resolve) => this.after(ms, owner, resolve));
  }

  /** Lets the next thing happen, with all that follows from it without time. @returns false when nothing is left. */
  async step(): Promise<boolean> {
    for (;;) {
      const event = this.#pop();
      if (!event) return false;
      const { fire, owner } = event;
      if (!fire || (owner && !owner.isAlive)) continue;
      if (owner && owner.frozenUntilMs > event.atMs) {
        this.#push({ ...event, atMs: owner.frozenUntilMs });
        continue;
      }
      this.nowMs = Math.max(this.nowMs, event.atMs);
      event.fire = undefined;
      if (fire() !== false) await settled();
      return true;
    }
  }

  #push(event: TimedEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): TimedEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: TimedEvent, b: TimedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
