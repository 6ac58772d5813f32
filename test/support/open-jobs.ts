import type { TestSystem } from './test-system.ts';

const LOOK_AGAIN_MS = 20;

/** Keeps so many jobs open at once, of these types in turn: the load that a system can bear, however slow the machine. */
export class OpenJobs {
  /** Ids that were answered 202. */
  readonly accepted: string[] = [];
  /** Submissions that got another answer, or none. */
  refused = 0;
  readonly #system: TestSystem;
  readonly #options: { readonly types: readonly string[]; readonly input: Record<string, unknown>; readonly open: number };
  readonly #running: Promise<void>;
  #isEnding = false;
  #next = 0;

  constructor(system: TestSystem, options: { types: readonly string[]; input?: Record<string, unknown>; open: number }) {
    this.#system = system;
    this.#options = { input: {}, ...options };
    this.#running = this.#run();
  }

  /** Stops submitting. @returns the ids that were accepted. */
  async end(): Promise<readonly string[]> {
    this.#isEnding = true;
    await this.#running;
    return this.accepted;
  }

  async #run(): Promise<void> {
    const { types, open } = this.#options;
    const jobs = this.#system.db.collection('jobs');
    while (!this.#isEnding) {
      const free = open - (await jobs.countDocuments({ active: true, type: { $in: [...types] } }));
      await Promise.all(Array.from({ length: Math.max(free, 0) }, () => this.#submit()));
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  async #submit(): Promise<void> {
    const { types, input } = this.#options;
    const type = types[this.#next++ % types.length]!;
    try {
      this.accepted.push(await this.#system.submit(type, input));
    } catch {
      this.refused += 1;
    }
  }
}
