import { orExit } from '../suite/or-exit.ts';
import { measureFairness } from './measure.ts';
import { type FairnessOptions, parseOptions, USAGE } from './options.ts';
import { type FirstJob, problemsOf } from './waits.ts';

/** Median and longest, in words. */
function spread(firstJobs: readonly FirstJob[], stage: keyof FirstJob): string {
  const known = firstJobs.flatMap((job) => job[stage] ?? []).toSorted((a, b) => a - b);
  const missing = firstJobs.length - known.length;
  return `median ${known[Math.floor(known.length / 2)] ?? '-'} ms, longest ${known.at(-1) ?? '-'} ms${missing > 0 ? `, ${missing} not started` : ''}`;
}

async function run(options: FairnessOptions): Promise<number> {
  const fairness = await measureFairness(options, (line) => console.log(line));
  const { firstJobs, queuedAfter, completedMeanwhile } = fairness;
  console.log(`wait of a first job            ${spread(firstJobs, 'firstStageMs')}`);
  console.log(`between its two stages         ${spread(firstJobs, 'secondStageMs')}`);
  console.log(`of the one tenant meanwhile    ${completedMeanwhile} completed, ${queuedAfter} still queued`);
  const problems = problemsOf(fairness, options);
  console.log(problems.length > 0 ? `FAIL: ${problems.join('; ')}` : `PASS: no first job waited longer than ${options.limitMs} ms`);
  return problems.length > 0 ? 1 : 0;
}

const options = orExit(USAGE, () => parseOptions(process.argv.slice(2)));
if (options.isHelp) console.log(USAGE);
else process.exitCode = await run(options);
