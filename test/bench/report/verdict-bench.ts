import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine, revision } from '../suite/machine.ts';
import { orExit } from '../suite/or-exit.ts';
import { type Verdict, verdictLine } from './verdicts.ts';

interface Options {
  readonly isHelp: boolean;
  /** A result of an earlier run, of which the page is made anew. */
  readonly from?: string | undefined;
  readonly output: string;
}

/** A command that measures, judges what it saw, and leaves `<name>.json`, `.md` and `.svg`. */
export interface VerdictBench<O extends Options, R extends { readonly verdicts: readonly Verdict[] }> {
  readonly name: string;
  readonly usage: string;
  /** @throws Error for options that cannot be right. */
  parse(args: readonly string[]): O;
  measured(options: O): Promise<R>;
  /** @param picture name of the file. */
  page(result: R, picture: string): string;
  picture(result: R): string;
}

/** What every result begins with. */
export const resultHead = () =>
  ({ schema: 1, startedAt: new Date().toISOString(), revision: revision(), machine: describeMachine() }) as const;

/** Runs the command of this process; exit code 1 when a bar is missed, 64 for wrong options. */
export async function runVerdictBench<O extends Options, R extends { readonly verdicts: readonly Verdict[] }>(
  bench: VerdictBench<O, R>,
): Promise<void> {
  const { usage } = bench;
  const options = orExit(usage, () => bench.parse(process.argv.slice(2)));
  if (options.isHelp) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const { from } = options;
  const read = () => (from === undefined ? undefined : (JSON.parse(readFileSync(from, 'utf8')) as R));
  const result = orExit(usage, read) ?? (await bench.measured(options));
  leave(bench, result, options.output);
  if (result.verdicts.some(({ isMet }) => !isMet)) process.exitCode = 1;
}

function leave<O extends Options, R extends { readonly verdicts: readonly Verdict[] }>(
  { name, page, picture }: VerdictBench<O, R>,
  result: R,
  output: string,
): void {
  mkdirSync(output, { recursive: true });
  const text = page(result, `${name}.svg`);
  writeFileSync(join(output, `${name}.json`), `${JSON.stringify(result)}\n`);
  writeFileSync(join(output, `${name}.md`), text);
  writeFileSync(join(output, `${name}.svg`), picture(result));
  process.stdout.write(`${text}\n${verdictLine(result.verdicts)}\n`);
}
