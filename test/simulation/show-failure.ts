import { drawPlan } from './draw-plan.ts';
import type { Plan } from './plan.ts';
import { runPlan, type SimVerdict } from './run-plan.ts';
import { shrink } from './shrink.ts';

type Print = (line: string) => void;

/** Runs a seed again, with everything that happens in it. @returns how many violations it has. */
export async function showSeed(seed: number, isFaultFree: boolean, print: Print): Promise<number> {
  Error.stackTraceLimit = 20;
  const verdict = await runPlan(drawPlan(seed, { isFaultFree }), { isTraced: true });
  for (const line of verdict.trace) print(line);
  showVerdict(verdict, print);
  return verdict.violations.length;
}

/** Shrinks a failing seed's schedule and shows what is left of it. */
export async function showShrunk(seed: number, isFaultFree: boolean, print: Print): Promise<void> {
  const plan = drawPlan(seed, { isFaultFree });
  const { violations } = await runPlan(plan);
  const [first] = violations;
  if (!first) return;
  const shrunk = await shrink(plan, first.rule);
  print(`\nSeed ${seed}, shrunk in ${shrunk.runs} runs to the least that still breaks "${first.rule}":`);
  showPlan(shrunk.plan, print);
  const verdict = await runPlan(shrunk.plan, { isTraced: true });
  for (const line of verdict.trace) print(line);
  showVerdict(verdict, print);
}

function showVerdict({ seed, violations, hash, steps }: SimVerdict, print: Print): void {
  print(`seed ${seed}: ${violations.length} violations, ${steps} steps, trace ${hash}`);
  for (const { rule, jobId, detail } of violations) print(`  ${rule} (job ${jobId || '-'}): ${detail}`);
}

function showPlan({ seats, absent = [], jobs, wishes, timed, atCalls = {}, rates, ...rest }: Plan, print: Print): void {
  print(`  ${JSON.stringify(rest)}`);
  const here = seats.flatMap((seat, index) => (absent.includes(index) ? [] : [`${seat.role}-${index}`]));
  print(`  processes: ${here.join(', ')}`);
  for (const job of jobs) print(`  job: ${JSON.stringify(job)}`);
  for (const wish of wishes) print(`  wish: ${JSON.stringify(wish)}`);
  for (const fault of timed) print(`  fault: ${JSON.stringify(fault)}`);
  for (const [call, fault] of Object.entries(atCalls)) print(`  fault at ${call}: ${JSON.stringify(fault)}`);
  if (rates) print(`  rates: ${JSON.stringify(rates)}`);
}
