import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import type { Machine } from '../report/result.ts';
import { percentile } from '../report/statistics.ts';

const WRITES = 200;
const BLOCK_BYTES = 4_096;

/** Describes this machine, and times a durable write where the servers keep their data. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    system: /PRETTY_NAME="(.*)"/.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? process.platform,
    node: process.version,
    loadBefore: loadavg()[0]!,
    fdatasyncMs: timeDurableWrites(),
  };
}

function timeDurableWrites(): Machine['fdatasyncMs'] {
  const path = join(tmpdir(), `jobline-bench-${process.pid}`);
  const file = openSync(path, 'w');
  try {
    const tookMs = Array.from({ length: WRITES }, () => {
      const startedMs = performance.now();
      writeSync(file, Buffer.alloc(BLOCK_BYTES, 1));
      fdatasyncSync(file);
      return performance.now() - startedMs;
    });
    return { p50: percentile(tookMs, 0.5), p95: percentile(tookMs, 0.95) };
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

/** The commit that is measured, with `-dirty` when files differ from it. */
export function revision(): string {
  return execFileSync('git', ['describe', '--always', '--dirty', '--abbrev=12'], { cwd: projectRoot(), encoding: 'utf8' }).trim();
}
