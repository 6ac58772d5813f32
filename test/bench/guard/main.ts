import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeMachine, revision } from '../suite/machine.ts';
import { orExit } from '../suite/or-exit.ts';
import { type Baseline, baselineRatios, type MachineKind, otherMachine, readBaseline, writeBaseline } from './baseline.ts';
import { compareAll, type GuardMeasurement } from './compare.ts';
import { GUARD_USAGE, type GuardOptions, parseGuardOptions } from './guard-options.ts';
import { guardClosingLine, guardTable } from './guard-table.ts';
import { PhaseRunner } from './measure-phases.ts';

const NOT_MEASURED = 75;
const STOP_MS = 25_000;
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** @throws Error for what cannot be understood, also a baseline that is none */
function ask(): { readonly options: GuardOptions; readonly baseline: Baseline | undefined } {
  const options = parseGuardOptions(process.argv.slice(2));
  return { options, baseline: options.isUpdate || options.isHelp ? undefined : readBaseline(options.baseline) };
}

/** @returns undefined when the time ran out. */
async function measureWithin(runner: PhaseRunner, limitSeconds: number | undefined): Promise<GuardMeasurement | undefined> {
  if (limitSeconds === undefined) return runner.measureAll();
  const timeUp = new AbortController();
  const limit = delay(limitSeconds * 1_000, undefined, { signal: timeUp.signal }).catch(() => undefined);
  try {
    return await Promise.race([runner.measureAll(), limit]);
  } finally {
    timeUp.abort();
  }
}

function machineKind(): MachineKind {
  const { processor, cores, memoryGb, system, node } = describeMachine();
  return { processor, cores, memoryGb, system, node };
}

/** @returns whether it was written. */
function update({ baseline: file, rounds }: GuardOptions, measured: GuardMeasurement, machine: MachineKind): boolean {
  try {
    const ratios = baselineRatios(measured);
    writeBaseline(file, { revision: revision(), measuredAt: new Date().toISOString(), rounds, machine, ratios });
    for (const [name, ratio] of Object.entries(ratios)) print(`${name}: ${ratio}`);
    print(`The baseline is written: ${file}`);
    return true;
  } catch (error) {
    print((error as Error).message);
    return false;
  }
}

/** @returns whether nothing failed. */
function compare(baseline: Baseline, measured: GuardMeasurement, machine: MachineKind): boolean {
  const rows = compareAll(measured, baseline.ratios);
  print(`Ratios of medians, ours to the rival's; the baseline is of ${baseline.measuredAt.slice(0, 10)}, revision ${baseline.revision}.`);
  const differs = otherMachine(machine, baseline.machine);
  if (differs !== '') print(`This machine is of another kind than the baseline's, which may shift ratios: ${differs}.`);
  print(`${guardTable(rows)}\n${guardClosingLine(rows)}`);
  return rows.every(({ verdict }) => verdict !== 'failed');
}

/** @returns the exit code */
async function main({ options, baseline }: ReturnType<typeof ask>): Promise<number> {
  const runner = new PhaseRunner(options.rounds, print);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void Promise.race([runner.stop(), delay(STOP_MS)]).finally(() => process.exit(NOT_MEASURED)));
  const machine = machineKind();
  const measured = await measureWithin(runner, options.limitSeconds);
  if (!measured) {
    print(`The ratios were not measured: ${options.limitSeconds} s were not enough.`);
    await Promise.race([runner.stop(), delay(STOP_MS)]);
    return NOT_MEASURED;
  }
  mkdirSync(options.output, { recursive: true });
  writeFileSync(join(options.output, 'guard.json'), `${JSON.stringify({ machine, revision: revision(), ...measured }, null, 2)}\n`);
  if (baseline) return compare(baseline, measured, machine) ? 0 : 1;
  return update(options, measured, machine) ? 0 : NOT_MEASURED;
}

const asked = orExit(GUARD_USAGE, ask);
if (asked.options.isHelp) print(GUARD_USAGE);
else process.exit(await main(asked));
