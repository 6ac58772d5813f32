import { availableParallelism } from 'node:os';
import { commandLine, wholeOrExit, wrongUse } from '../support/command-line.ts';
import type { Mutant } from './mutant.ts';
import { MutantTree } from './mutant-tree.ts';
import { MUTANTS } from './mutants.ts';
import { type Fate, tryMutant } from './try-mutant.ts';

const USAGE = `npm run test:mutants -- [option ...] [mutant ...]

Breaks the protocol in one place at a time, every one or those named; simulation, chaos tier A or the tests have to notice each. Ends with
"N killed, N survivors"; exit code 1 unless all are killed.

Mutants: ${MUTANTS.map(({ name }) => name).join(', ')}.

--seconds <n>   of simulation for each (120)
--workers <n>   simulated at once (one a core, at most 4)
--help          this`;

const { values, positionals } = commandLine({
  usage: USAGE,
  takesWords: true,
  options: {
    seconds: { type: 'string', default: '120' },
    workers: { type: 'string', default: String(Math.min(availableParallelism(), 4)) },
  },
});
const [seconds, workers] = [wholeOrExit('seconds', values.seconds, USAGE), wholeOrExit('workers', values.workers, USAGE)];
const unknown = positionals.filter((name) => !MUTANTS.some((one) => one.name === name));
if (unknown.length > 0) wrongUse(`There is no mutant ${unknown.join(', ')}.`, USAGE);
const wanted = positionals.length > 0 ? MUTANTS.filter(({ name }) => positionals.includes(name)) : MUTANTS;
const fates = new Map<Mutant, Fate>();

function tell(mutant: Mutant, fate: Fate): void {
  fates.set(mutant, fate);
  const said = fate.kind === 'killed' ? `${fate.rules.join('; ')} (${fate.after})` : fate.kind === 'survived' ? fate.after : fate.why;
  console.log(`${fate.kind.padEnd(8)}  ${mutant.name.padEnd(28)}  ${said}`);
}

async function work(queue: Mutant[], slot: number): Promise<void> {
  const tree = new MutantTree(`${process.pid}-${slot}`);
  try {
    for (let mutant = queue.shift(); mutant; mutant = queue.shift()) tell(mutant, await tryMutant(mutant, tree, seconds));
  } finally {
    tree.remove();
  }
}

const startedAtMs = performance.now();
const simulated = wanted.filter(({ by }) => by.kind !== 'tier-a');
await Promise.all(Array.from({ length: workers }, (_, slot) => work(simulated, slot)));
// Real servers want the machine for themselves.
await work(
  wanted.filter(({ by }) => by.kind === 'tier-a'),
  0,
);
const count = (kind: Fate['kind']) => [...fates.values()].filter((fate) => fate.kind === kind).length;
console.log(`${Math.round((performance.now() - startedAtMs) / 1_000)} s`);
if (count('invalid') > 0) console.log(`${count('invalid')} invalid`);
console.log(`${count('killed')} killed, ${count('survived')} survivors`);
process.exit(count('killed') === wanted.length ? 0 : 1);
