import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { localModule } from '../../support/local-stack.ts';
import { describeMachine, revision } from '../suite/machine.ts';
import { inMeasurementFolder } from '../suite/measurement-folder.ts';
import { orExit } from '../suite/or-exit.ts';
import { measureCallOverhead } from './call-overhead.ts';
import { FIGURES_USAGE, type FiguresOptions, parseFiguresOptions } from './figures-options.ts';
import { figuresClosingLine, figuresPage } from './figures-page.ts';
import type { FiguresResult } from './figures-result.ts';
import { measureProfileRates, type ProfileRates } from './profile-rates.ts';
import { measureRenderRates } from './render-rates.ts';

const log = (line: string) => void process.stdout.write(`${line}\n`);

async function findDuckdb(): Promise<string> {
  const module = await localModule<{ findDuckdb(log: (line: string) => void): Promise<string> }>('install/find-duckdb.mjs');
  return module.findDuckdb(log);
}

async function profileAll({ shapes, megabytes, repeats }: FiguresOptions, program: string, folder: string): Promise<ProfileRates[]> {
  const all: ProfileRates[] = [];
  for (const shape of shapes)
    for (const mb of megabytes) all.push(await measureProfileRates({ shape, bytes: mb * 1e6, repeats, program }, folder, log));
  return all;
}

async function measure(options: FiguresOptions, folder: string): Promise<FiguresResult> {
  const { parts, repeats, largeMegabytes } = options;
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const program = parts.includes('profile') ? await findDuckdb() : undefined;
  const version = program === undefined ? 'DuckDB not asked' : execFileSync(program, ['--version'], { encoding: 'utf8' }).trim();
  return {
    startedAt,
    revision: revision(),
    machine,
    repeats,
    duckdb: version,
    profile: program === undefined ? [] : await profileAll(options, program, folder),
    render: parts.includes('render') ? await measureRenderRates(folder, repeats, log) : [],
    overhead: parts.includes('overhead') ? await measureCallOverhead(folder, { repeats, bytes: largeMegabytes * 1e6 }, log) : [],
  };
}

async function main(options: FiguresOptions): Promise<void> {
  const result = await inMeasurementFolder(({ folder }) => measure(options, folder));
  const page = figuresPage(result);
  await mkdir(options.output, { recursive: true });
  await writeFile(join(options.output, 'report-figures.json'), `${JSON.stringify(result, null, 2)}\n`);
  await writeFile(join(options.output, 'report-figures.md'), page);
  log(`${page}\n${figuresClosingLine(result)}`);
}

const options = orExit(FIGURES_USAGE, () => parseFiguresOptions(process.argv.slice(2)));
if (options.isHelp) log(FIGURES_USAGE);
else await main(options);
