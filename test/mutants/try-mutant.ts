import { join } from 'node:path';
import { projectRoot } from '../../shared/runtime/project-root.ts';
import type { Mutant } from './mutant.ts';
import type { MutantTree } from './mutant-tree.ts';
import { runProgram } from './run-program.ts';

const COMPILE_MS = 300_000;
const RUN_MS = 900_000;
/** Schedules without faults that have to pass: enough to meet every kind of handler. */
const FAULT_FREE = 200;

/** `killed`: noticed, by the rules named. `survived`: not noticed. `invalid`: it does not compile, or fails without faults too. */
export type Fate =
  | { readonly kind: 'killed'; readonly rules: readonly string[]; readonly after: string }
  | { readonly kind: 'survived'; readonly after: string }
  | { readonly kind: 'invalid'; readonly why: string };

interface SimulationReport {
  readonly schedules: number;
  readonly violations: readonly { readonly seed: number; readonly rule: string }[];
}

/** Applies the mutant to the tree, and lets the proof loose on it. The tree is as before when it returns. */
export async function tryMutant(mutant: Mutant, tree: MutantTree, seconds: number): Promise<Fate> {
  tree.apply(mutant);
  try {
    const compiled = await runProgram([join(projectRoot(), 'node_modules/typescript/bin/tsc'), '-p', tree.folder], {
      cwd: tree.folder,
      timeoutMs: COMPILE_MS,
    });
    if (compiled.code !== 0) return { kind: 'invalid', why: `it does not compile: ${compiled.output.trim().slice(0, 500)}` };
    if (mutant.by.kind === 'tests') return await judgeByTests(tree, mutant.by.files);
    const free = await simulate(tree, ['--fault-free', '--schedules', String(FAULT_FREE)]);
    const [first] = free.violations;
    if (first) return { kind: 'invalid', why: `it fails without faults: ${first.rule} (seed ${first.seed})` };
    return mutant.by.kind === 'simulation' ? await judgeBySimulation(tree, seconds) : await judgeByTierA(tree, mutant.by.groups);
  } finally {
    tree.restore();
  }
}

/** @throws Error when the tests end without their report. */
async function judgeByTests(tree: MutantTree, files: readonly string[]): Promise<Fate> {
  const mocha = join(projectRoot(), 'node_modules/mocha/bin/mocha.js');
  const compiled = files.map((file) => join(tree.folder, 'dist', file.replace(/\.ts$/, '.js')));
  const args = [mocha, '--no-config', '--exit', '--timeout', '120000', '--reporter', 'json', ...compiled];
  const { code, output } = await runProgram(args, { cwd: tree.folder, timeoutMs: RUN_MS });
  const report = /\{\n {2}"stats"[\s\S]*\n\}/.exec(output)?.[0];
  if (!report) throw new Error(`The tests ended with ${code} and said: ${output.trim().slice(-1_000)}`);
  const { stats, failures } = JSON.parse(report) as { stats: { tests: number }; failures: readonly { title: string }[] };
  const after = `${stats.tests} tests`;
  return failures.length === 0 ? { kind: 'survived', after } : { kind: 'killed', rules: failures.map(({ title }) => title), after };
}

async function judgeBySimulation(tree: MutantTree, seconds: number): Promise<Fate> {
  const { schedules, violations } = await simulate(tree, ['--seconds', String(seconds)]);
  const after = `${schedules} schedules`;
  if (violations.length === 0) return { kind: 'survived', after };
  return { kind: 'killed', rules: [...new Set(violations.map(({ rule }) => rule))], after: `${after}, seed ${violations[0]!.seed}` };
}

/** @throws Error when the simulation itself ends without its report. */
async function simulate(tree: MutantTree, args: readonly string[]): Promise<SimulationReport> {
  const program = join(tree.folder, 'dist/test/simulation/main.js');
  const { code, output } = await runProgram([program, '--json', '--workers', '1', ...args], { cwd: tree.folder, timeoutMs: RUN_MS });
  return reportIn<SimulationReport>(output, `The simulation ended with ${code}`);
}

/** The last line of what a program has written. @throws Error when that is not its report. */
function reportIn<T>(output: string, ending: string): T {
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as T;
  } catch {
    throw new Error(`${ending} and said: ${output.trim().slice(-1_000)}`);
  }
}

async function judgeByTierA(tree: MutantTree, groups: readonly string[]): Promise<Fate> {
  const program = join(tree.folder, 'dist/test/chaos/main.js');
  const { code, output } = await runProgram([program, '--tier', 'a', '--json', ...groups.flatMap((name) => ['--group', name])], {
    cwd: tree.folder,
    timeoutMs: RUN_MS,
  });
  const after = `tier A, ${groups.join(', ')}`;
  const { violations } = reportIn<{ readonly violations: readonly { readonly rule: string }[] }>(output, `Tier A ended with ${code}`);
  if (violations.length === 0) return { kind: 'survived', after };
  return { kind: 'killed', rules: [...new Set(violations.map(({ rule }) => rule))], after };
}
