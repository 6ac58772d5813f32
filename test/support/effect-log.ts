import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One line that a test's handler wrote (test/support/handlers/effects.ts). */
export interface Effect {
  readonly what: 'started' | 'ended';
  readonly jobId: string;
  readonly stage: string;
  readonly run: number;
  readonly attempt: number;
  readonly pid: number;
  readonly atMs: number;
}

/** A file to which handlers append what they do: effects outside, that the store knows nothing of. */
export class EffectLog {
  readonly #folder = mkdtempSync(join(tmpdir(), 'jobline-effects-'));
  /** Goes into a job's input as `effects`. */
  readonly path = join(this.#folder, 'effects');

  constructor() {
    writeFileSync(this.path, '');
  }

  /** Everything that happened so far, in order. */
  all(): readonly Effect[] {
    const lines = readFileSync(this.path, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [what, key = '', attempt, pid, atMs] = line.split(' ');
      const [jobId = '', stage = '', run] = key.split(':');
      return {
        what: what as Effect['what'],
        jobId,
        stage,
        run: Number(run),
        attempt: Number(attempt),
        pid: Number(pid),
        atMs: Number(atMs),
      };
    });
  }

  /** What happened to one job. */
  of(jobId: string, stage?: string, what?: Effect['what']): readonly Effect[] {
    return this.all().filter(
      (one) => one.jobId === jobId && (stage === undefined || one.stage === stage) && (what === undefined || one.what === what),
    );
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
