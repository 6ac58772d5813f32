import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import type { Effect } from '../oracles/effects.ts';

/** What a chaos handler tells the sink (handlers/effect.ts). */
interface Told {
  readonly key: string;
  readonly jobId: string;
  /** Name of the stage. */
  readonly stage: string;
  readonly run: number;
  readonly attempt: number;
  readonly pid: number;
}

/** A receiver outside that knows nothing of the system: it appends what it is told, when it was told, and never says no. */
export class EffectSink {
  readonly effects: (Effect & { readonly attempt: number; readonly pid: number })[] = [];
  readonly #stages: readonly string[];
  readonly #folder = mkdtempSync(join(tmpdir(), 'jobline-sink-'));
  readonly #server: Server;

  private constructor(stages: readonly string[]) {
    this.#stages = stages;
    writeFileSync(this.file, '');
    this.#server = createServer((request, response) => {
      json(request)
        .then((told) => {
          this.#take(told as Told);
          response.end();
        })
        // The teller was killed in the middle of a sentence: nothing was said.
        .catch(() => response.destroy());
    });
    // A frozen teller keeps its connection.
    this.#server.requestTimeout = 0;
  }

  /** @param stages names of the stages in their order. */
  static async start(stages: readonly string[]): Promise<EffectSink> {
    const sink = new EffectSink(stages);
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** One JSON line an effect, in the order of arrival. */
  get file(): string {
    return join(this.#folder, 'effects.jsonl');
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #take({ key, jobId, stage, run, attempt, pid }: Told): void {
    const effect = { key, jobId, stage: this.#stages.indexOf(stage), run, attempt, pid, atMs: Date.now() };
    this.effects.push(effect);
    appendFileSync(this.file, `${JSON.stringify(effect)}\n`);
  }
}
