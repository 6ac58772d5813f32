import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { FailpointName } from '../../shared/ports/failpoints.ts';

/** Failpoints of the product, and the one inside the chaos handler. */
export type PointName = FailpointName | 'in handler';

/** A process that stands at a failpoint, and waits for leave to go on. */
export interface Hit {
  readonly name: PointName;
  readonly pid: number;
  /** Jobs that the process is about to work on. */
  readonly jobs: readonly string[];
}

export interface Trap {
  readonly name: PointName;
  /** Whether the process is one that the test is after, with a job that it is after. */
  matches(hit: Hit): boolean | Promise<boolean>;
}

interface ArmedTrap extends Trap {
  isSprung: boolean;
  spring(hit: Hit, release: () => void): void;
}

/** A sprung trap: the process stands still until `release`. */
export interface Caught {
  readonly hit: Hit;
  release(): void;
}

/** The control server of HttpFailpoints: lets every process pass but those that run into a trap. */
export class FailpointControl {
  readonly #server: Server;
  #traps: ArmedTrap[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const pass = () => response.end();
      json(request)
        .then((hit) => this.#onHit(hit as Hit, pass))
        .catch(pass);
    });
    // A frozen process does not close its connection, and a trap may be held for long.
    this.#server.requestTimeout = 0;
  }

  static async start(): Promise<FailpointControl> {
    const control = new FailpointControl();
    await new Promise<void>((resolve) => control.#server.listen(0, '127.0.0.1', resolve));
    return control;
  }

  /** Value of JOBLINE_FAILPOINTS. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** Resolves when the first process that matches has run into it. @throws Error when none has within `withinMs`. */
  catch(trap: Trap, withinMs: number): Promise<Caught> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#traps = this.#traps.filter((one) => one !== armed);
        reject(new Error(`The failpoint "${trap.name}" was not reached within ${withinMs / 1_000} s`));
      }, withinMs);
      const armed: ArmedTrap = {
        ...trap,
        isSprung: false,
        spring: (hit, release) => {
          clearTimeout(timer);
          resolve({ hit, release });
        },
      };
      this.#traps.push(armed);
    });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #onHit(hit: Hit, pass: () => void): Promise<void> {
    for (const trap of this.#traps.filter(({ name }) => name === hit.name)) {
      if (!(await trap.matches(hit)) || trap.isSprung) continue;
      trap.isSprung = true;
      this.#traps = this.#traps.filter((one) => one !== trap);
      trap.spring(hit, pass);
      return;
    }
    pass();
  }
}
