import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { RunbookStep } from './runbook-page.ts';

/** What came of a command. */
export interface Ran {
  readonly code: number;
  /** Output and error output, as a terminal shows them. */
  readonly out: string;
}

const STEP_MS = 240_000;
const LOOK_EVERY_MS = 300;

/** What a command's outcome lacks of what its runbook says. */
export function stepProblems({ exitCode, words }: RunbookStep, { code, out }: Ran): readonly string[] {
  return [
    ...(code === exitCode ? [] : [`ended with ${code}, not ${exitCode}`]),
    ...words.filter((one) => !out.includes(one)).map((one) => `its output does not contain: ${one}`),
  ];
}

/** A bash that stays, as a terminal does: what a command sets is there for the next. */
export class ShellSession {
  readonly #folder: string;
  readonly #bash: ChildProcess;
  readonly #ended: Promise<never>;

  /** @param folder where it works; it may write there. */
  constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#bash = spawn('bash', ['--norc', '--noprofile', '-s'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'ignore'] });
    this.#bash.stdout!.setEncoding('utf8');
    this.#ended = once(this.#bash, 'exit').then(() => Promise.reject(new Error('the shell has ended')));
    this.#ended.catch(() => undefined);
  }

  end(): void {
    this.#bash.kill('SIGKILL');
  }

  /** @throws Error when it has not ended in four minutes, or ends the shell. */
  async run(command: string): Promise<Ran> {
    const [step, out] = ['.step', '.out'].map((name) => join(this.#folder, name)) as [string, string];
    writeFileSync(step, `${command}\n`);
    const said = Promise.race([once(this.#bash.stdout!, 'data', { signal: AbortSignal.timeout(STEP_MS) }), this.#ended]);
    this.#bash.stdin!.write('. ./.step > .out 2>&1 < /dev/null; echo $?\n');
    const [code] = (await said) as [string];
    return { code: Number(code), out: readFileSync(out, 'utf8') };
  }

  /** Runs a command, again while its runbook says so. @throws Error that says what its outcome lacks. */
  async hold(step: RunbookStep): Promise<void> {
    const untilMs = performance.now() + step.withinMs;
    for (;;) {
      const ran = await this.run(step.command);
      const problems = stepProblems(step, ran);
      if (problems.length === 0) return;
      if (performance.now() >= untilMs)
        throw new Error([`line ${step.line}: ${step.command}`, ...problems, `it said: ${ran.out.slice(0, 2_000)}`].join('\n'));
      await delay(LOOK_EVERY_MS);
    }
  }
}
