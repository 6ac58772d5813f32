import type { GuardMeasurement, Sample } from './compare.ts';
import { PHASES, type Phase, type RoundFigures } from './comparisons.ts';
import { ContenderProcess } from './contender-process.ts';
import type { Round } from './host-messages.ts';

/** Jobs of a round, which takes about a second; latency is a steady rate for some seconds. */
const ROUNDS: Readonly<Record<Round['scenario'], Round>> = {
  batch: { scenario: 'batch', jobs: 5_000, perSecond: 0 },
  single: { scenario: 'single', jobs: 2_000, perSecond: 0 },
  latency: { scenario: 'latency', jobs: 120, perSecond: 50 },
};

function figuresText(name: string, { jobsPerSecond, p50Ms, cpuPerThousand, disturbance }: RoundFigures): string {
  const main = jobsPerSecond === undefined ? `${p50Ms?.toFixed(1)} ms` : `${jobsPerSecond.toFixed(0)} jobs/s`;
  return `${name} ${main}, ${cpuPerThousand?.toFixed(2)} CPU s per 1,000, others ${(disturbance * 100).toFixed(0)} %`;
}

/** Measures phase after phase. The contenders of a phase run side by side but work in turn, and each round begins with another one. */
export class PhaseRunner {
  readonly #rounds: number;
  readonly #log: (line: string) => void;
  readonly #running = new Set<ContenderProcess>();
  readonly #samples: Sample[] = [];
  readonly #problems: Record<string, string> = {};
  #isStopped = false;

  constructor(rounds: number, log: (line: string) => void) {
    this.#rounds = rounds;
    this.#log = log;
  }

  async measureAll(): Promise<GuardMeasurement> {
    for (const phase of PHASES) if (!this.#isStopped) await this.#measure(phase);
    return { samples: this.#samples, problems: this.#problems };
  }

  /** Ends what runs, in the middle of a measurement too; nothing is said after it. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#endAll();
  }

  async #endAll(): Promise<void> {
    await Promise.all([...this.#running].map((one) => this.#end(one)));
  }

  async #measure({ contenders, scenarios }: Phase): Promise<void> {
    await Promise.all(contenders.map((name) => this.#start(name, scenarios[0]!)));
    for (const scenario of scenarios) {
      // Not counted: pays for compiling and for connections.
      await this.#round(ROUNDS[scenario], 0);
      for (let round = 1; round <= this.#rounds; round += 1) await this.#round(ROUNDS[scenario], round);
    }
    for (const contender of this.#running) await this.#verify(contender);
    await this.#endAll();
  }

  async #start(name: string, scenario: Round['scenario']): Promise<void> {
    const contender = new ContenderProcess(name, scenario);
    this.#running.add(contender);
    try {
      await contender.ready();
    } catch (error) {
      await this.#out(contender, `cannot be started: ${(error as Error).message}`);
    }
  }

  async #round(round: Round, number: number): Promise<void> {
    const all = [...this.#running];
    const turned = all.map((_, index) => all[(index + number) % all.length]!);
    const said: string[] = [];
    for (const contender of turned) {
      try {
        const figures = await contender.measure(round);
        if (number > 0) this.#samples.push({ contender: contender.name, scenario: round.scenario, round: number, figures });
        said.push(figuresText(contender.name, figures));
      } catch (error) {
        await this.#out(contender, `failed: ${(error as Error).message}`);
      }
    }
    if (!this.#isStopped) this.#log(`${round.scenario} ${number}: ${said.join('; ')}`);
  }

  async #verify(contender: ContenderProcess): Promise<void> {
    try {
      const { lost, doubled, examples } = await contender.verify();
      if (lost + doubled > 0) await this.#out(contender, `lost ${lost} and doubled ${doubled} jobs (${examples[0]})`);
    } catch (error) {
      await this.#out(contender, `failed: ${(error as Error).message}`);
    }
  }

  async #out(contender: ContenderProcess, reason: string): Promise<void> {
    if (this.#isStopped) return;
    this.#problems[contender.name] = reason;
    this.#log(`${contender.name} ${reason}`);
    await this.#end(contender);
  }

  async #end(contender: ContenderProcess): Promise<void> {
    this.#running.delete(contender);
    await contender.end();
  }
}
