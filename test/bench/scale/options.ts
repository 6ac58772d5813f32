import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { chosen, whole } from '../suite/option-values.ts';
import { CURVES, type Curve, type Extent } from './curves.ts';

/** How the command is called. */
export const USAGE = `npm run bench:scale -- [option ...]

--curve <name>        stored, waiting, payload, workers or clients; may be repeated (all)
--jobs <n>            jobs measured at a point (20000); large payloads and few connections get fewer
--max-stored <n>      finished jobs stored at the last point of the curve stored (1000000)
--max-waiting <n>     jobs waiting at the last point of the curve waiting (1000000)
--repeats <n>         interleaved repeats (3)
--output <folder>     for scale.json, scale.md and scale.svg (.jobline/bench)
--from <scale.json>   measures nothing: makes page and picture of an earlier result anew
--help                this

A look in a minute: --curve stored --jobs 1000 --max-stored 2000 --repeats 1`;

/** What was asked for. */
export interface ScaleOptions extends Extent {
  readonly curves: readonly Curve[];
  readonly jobs: number;
  readonly repeats: number;
  readonly output: string;
  readonly from: string | undefined;
  readonly isHelp: boolean;
}

const OPTIONS = {
  curve: { type: 'string', multiple: true },
  jobs: { type: 'string', default: '20000' },
  'max-stored': { type: 'string', default: '1000000' },
  'max-waiting': { type: 'string', default: '1000000' },
  repeats: { type: 'string', default: '3' },
  output: { type: 'string', default: '.jobline/bench' },
  from: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @throws Error for what cannot be understood */
export function parseOptions(args: readonly string[]): ScaleOptions {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  return {
    curves: chosen(values.curve, CURVES, (name) => name),
    jobs: whole('jobs', values.jobs),
    maxStored: whole('max-stored', values['max-stored'], 0),
    maxWaiting: whole('max-waiting', values['max-waiting'], 0),
    repeats: whole('repeats', values.repeats),
    output: resolve(projectRoot(), values.output),
    from: values.from,
    isHelp: values.help,
  };
}
