import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endedChildrenSeconds } from '../suite/cpu-meter.ts';

/** The processors that Process 1 gives its database. */
const THREADS = 2;

/** How DuckDB's own command is run. */
export interface CommandOptions {
  readonly program: string;
  /** Removed by the caller. */
  readonly folder: string;
  /** With tables in a file and this much memory, MiB; else in memory, with DuckDB's own default. */
  readonly limitMb?: number;
}

/** What it took and gave: a row a line of JSON. */
export interface CommandRun {
  readonly ms: number;
  readonly cpuSeconds: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

function settings({ folder, limitMb }: CommandOptions): string {
  const limits = limitMb === undefined ? '' : `SET memory_limit = '${limitMb}MiB'; SET temp_directory = '${join(folder, 'spill')}';`;
  return `SET threads = ${THREADS}; SET TimeZone = 'UTC'; ${limits}`;
}

/** Runs statements in a process of their own, from its start to its end. @throws Error with what it said when they fail. */
export async function runCommand(sql: string, options: CommandOptions): Promise<CommandRun> {
  const { program, folder, limitMb } = options;
  const file = join(folder, 'statements.sql');
  await writeFile(file, `${settings(options)}\n${sql}`);
  const database = limitMb === undefined ? ':memory:' : join(folder, 'tables.duckdb');
  const before = endedChildrenSeconds();
  const startedMs = performance.now();
  const child = spawn(program, ['-no-init', '-batch', '-bail', '-jsonlines', database, '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const ms = performance.now() - startedMs;
  if (code !== 0) throw new Error(`DuckDB's command ended with ${code ?? signal}: ${errors.join('').trim().split('\n')[0]}`);
  const lines = out.join('').split('\n').filter(Boolean);
  return { ms, cpuSeconds: endedChildrenSeconds() - before, rows: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}
