import { type ChildProcess, fork } from 'node:child_process';
import type { Scenario } from '../suite/contender.ts';
import type { Verification } from '../suite/verify.ts';
import type { RoundFigures } from './comparisons.ts';
import type { FromHost, Round, ToHost } from './host-messages.ts';

const HOST = new URL('./contender-host.js', import.meta.url);

/** A contender that runs in a process of its own until it is ended. It ends with us: it notices that its channel has closed. */
export class ContenderProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<string>;
  #onAnswer: ((message: FromHost) => void) | undefined;

  /** Starts it, with servers of its own. */
  constructor(name: string, scenario: Scenario) {
    this.name = name;
    this.#child = fork(HOST, [name, scenario], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#exited = new Promise((resolve) =>
      this.#child.once('exit', (code, signal) => resolve(`its process ended with ${code ?? signal}`)),
    );
    this.#child.on('message', (message: FromHost) => this.#onAnswer?.(message));
  }

  /** Resolves when it can be measured. @throws Error saying why it cannot be started. */
  async ready(): Promise<void> {
    await this.#next();
  }

  async measure(round: Round): Promise<RoundFigures> {
    const answer = await this.#ask({ kind: 'round', round });
    if (answer.kind !== 'figures') throw new Error(`it answered ${answer.kind} to a round`);
    return answer.figures;
  }

  async verify(): Promise<Verification> {
    const answer = await this.#ask({ kind: 'verify' });
    if (answer.kind !== 'verified') throw new Error(`it answered ${answer.kind} to a verification`);
    return answer.verification;
  }

  #ask(message: ToHost): Promise<FromHost> {
    const answer = this.#next();
    this.#child.send(message, () => undefined);
    return answer;
  }

  /** @throws Error with the reason of a failure */
  async #next(): Promise<FromHost> {
    const answered = new Promise<FromHost>((resolve) => {
      this.#onAnswer = resolve;
    });
    const ended = this.#exited.then((reason): FromHost => ({ kind: 'failed', reason }));
    const answer = await Promise.race([answered, ended]);
    if (answer.kind === 'failed') throw new Error(answer.reason);
    return answer;
  }

  /** Stops the contender and its servers, and waits. */
  async end(): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#exited;
  }
}
