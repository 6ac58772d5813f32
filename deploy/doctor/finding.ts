/** How one thing stands. */
export interface Finding {
  readonly check: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What is there, and where it is not well what to do. */
  readonly message: string;
}

/** Findings of one subject. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #subject: string;

  constructor(subject: string) {
    this.#subject = subject;
  }

  add(what: string, status: Finding['status'], message: string): void {
    this.all.push({ check: `${this.#subject} ${what}`.trimEnd(), status, message });
  }

  /** Adds what a check finds; what it throws is a failure. */
  async try(what: string, check: () => Promise<Pick<Finding, 'status' | 'message'>>): Promise<void> {
    try {
      const { status, message } = await check();
      this.add(what, status, message);
    } catch (error) {
      this.add(what, 'failed', error instanceof Error ? error.message : String(error));
    }
  }
}

/** First version numbers of a text such as 6.0.14. */
export function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [is = 0, isMinor = 0] = version.split('.').map(Number);
  return is < major || (is === major && isMinor < minor);
}
