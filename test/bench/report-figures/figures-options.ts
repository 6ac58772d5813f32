import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import type { Shape } from '../large-datasets.ts';
import { chosen, whole } from '../suite/option-values.ts';

/** What can be measured. */
export const PARTS = ['profile', 'render', 'overhead'] as const;
export type Part = (typeof PARTS)[number];

/** Datasets that DuckDB's command reads as they stand. */
const SHAPES: readonly Shape[] = ['orders', 'numbers', 'texts', 'wide'];

/** How the report's figures are asked for. */
export const FIGURES_USAGE = `npm run bench:report-figures -- [option ...]

profile:  rows/s of Process 1 against DuckDB's own command, equivalent SQL on the same file
render:   PDF pages/s of Process 2
overhead: ms a call through worker threads and handler processes against the main thread

--only <part>         profile, render or overhead; may be repeated (all)
--mb <a,b>            sizes of the profiled datasets, MB (1,100); 1000 takes minutes a repeat and 4 GB of disk
--shape <a,b>         of orders, numbers, texts and wide (orders)
--large-mb <n>        size of the large dataset of the overhead (100)
--repeats <n>         interleaved repeats (5)
--output <folder>     for report-figures.json and report-figures.md (.jobline/bench)
--help                this`;

/** What was asked for. */
export interface FiguresOptions {
  readonly parts: readonly Part[];
  readonly megabytes: readonly number[];
  readonly shapes: readonly Shape[];
  readonly largeMegabytes: number;
  readonly repeats: number;
  readonly output: string;
  readonly isHelp: boolean;
}

const OPTIONS = {
  only: { type: 'string', multiple: true },
  mb: { type: 'string', default: '1,100' },
  shape: { type: 'string', default: 'orders' },
  'large-mb': { type: 'string', default: '100' },
  repeats: { type: 'string', default: '5' },
  output: { type: 'string', default: '.jobline/bench' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws Error for what cannot be understood */
export function parseFiguresOptions(args: readonly string[]): FiguresOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  return {
    parts: chosen(values.only, PARTS, (name) => name),
    megabytes: values.mb.split(',').map((text) => whole('mb', text)),
    shapes: chosen(values.shape.split(','), SHAPES, (name) => name),
    largeMegabytes: whole('large-mb', values['large-mb']),
    repeats: whole('repeats', values.repeats),
    output: resolve(projectRoot(), values.output),
    isHelp: values.help,
  };
}
