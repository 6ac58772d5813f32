import { checkSlice, closingLine, HEADINGS, lineOf, slicesNamed, traceOf } from './check-slice.ts';

// npm run test:model: explores every slice of the model, or those named, and prints a table.

const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(HEADINGS);
const checked = slicesNamed(process.argv.slice(2)).map((slice) => {
  const one = checkSlice(slice);
  print(lineOf(one));
  if (one.result.violation) print(traceOf(one.result.violation));
  return one;
});
print(closingLine(checked));
process.exit(checked.some(({ result }) => result.violation) ? 1 : 0);
