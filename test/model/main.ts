import { orExit } from '../bench/suite/or-exit.ts';
import { commandLine } from '../support/command-line.ts';
import { checkSlice, closingLine, HEADINGS, lineOf, slicesNamed, traceOf } from './check-slice.ts';
import { SLICES } from './slices.ts';

const USAGE = `npm run test:model -- [slice ...]

Explores every slice of the model of the protocol, or those named, and prints a table; exit code 1 on a violation.

Slices: ${SLICES.map(({ name }) => name).join(', ')}.

--help   this`;

const { positionals } = commandLine({ usage: USAGE, options: {}, takesWords: true });
const slices = orExit(USAGE, () => slicesNamed(positionals));

const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(HEADINGS);
const checked = slices.map((slice) => {
  const one = checkSlice(slice);
  print(lineOf(one));
  if (one.result.violation) print(traceOf(one.result.violation));
  return one;
});
print(closingLine(checked));
process.exit(checked.some(({ result }) => result.violation) ? 1 : 0);
