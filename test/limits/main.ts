import { orExit } from '../bench/suite/or-exit.ts';
import { TestSystem } from '../support/test-system.ts';
import { runKeyedLoad } from './keyed-load.ts';
import { type LimitsOptions, parseOptions, USAGE } from './options.ts';

const VICTIMS = ['p1-worker', 'p2-worker', 'p1-worker', 'scheduler'];
const BETWEEN_KILLS_MS = 2_000;
const WAIT_MS = 100;
/** A job that waits for what a dead worker left takes its lease, a backoff and a place's time. */
const RECOVERY_MS = 30_000;

async function run({ keys, jobs, kills }: LimitsOptions): Promise<number> {
  const scale = { 'p1-worker': 2, 'p2-worker': 2 };
  const system = await TestSystem.start({ ownServers: true, scale, env: { LEASE_MS: '3000', WORKER_CONCURRENCY: '4' } });
  try {
    const result = await runKeyedLoad(system, {
      ...{ keys, jobsPerKey: jobs, waitMs: WAIT_MS, betweenKillsMs: BETWEEN_KILLS_MS },
      kills: Array.from({ length: kills }, (_, index) => VICTIMS[index % VICTIMS.length]!),
      endWithinMs: jobs * 2_000 + (kills + 1) * RECOVERY_MS,
    });
    const completed = result.ended['COMPLETED'] ?? 0;
    console.log(
      `${result.jobs} jobs of ${keys} keys: ${completed} completed; ${result.killed} processes killed, ${result.cutOff} handlers cut off`,
    );
    console.log(`most handlers of a key at once: ${result.mostAtOnce}`);
    const hasPassed = result.mostAtOnce === 1 && completed === result.jobs;
    console.log(hasPassed ? 'PASS' : `FAIL: ${JSON.stringify(result.ended)}`);
    return hasPassed ? 0 : 1;
  } finally {
    await system.stop();
  }
}

const options = orExit(USAGE, () => parseOptions(process.argv.slice(2)));
if (options.isHelp) console.log(USAGE);
else process.exitCode = await run(options);
