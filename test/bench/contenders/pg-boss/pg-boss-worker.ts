import { setTimeout as delay } from 'node:timers/promises';
import PgBoss from 'pg-boss';
import { ExecutionLog } from '../../suite/execution-log.ts';
import { runWorker } from '../../suite/worker-process.ts';

/** What a worker of pg-boss is told. */
export interface PgBossConfig {
  readonly url: string;
  readonly stage: 'p1' | 'p2';
  /** Its own loop of fetch, or pg-boss's `work`. */
  readonly mode: 'fetch' | 'work';
  readonly executionsFolder: string;
}

type Job = PgBoss.Job<{ readonly n: number }>;
type Handle = (jobs: readonly Job[]) => Promise<void>;

const BATCH_SIZE = 500;
/** Loops of fetch, or workers of `work`, a process. */
const LOOPS = 2;
const WORKERS = 4;
const IDLE_MS = 5;
/** The least that pg-boss takes. */
const POLL_SECONDS = 0.5;

async function fetchLoop(boss: PgBoss, stage: string, handle: Handle, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const jobs = await boss.fetch<{ readonly n: number }>(stage, { batchSize: BATCH_SIZE, priority: false });
    if (jobs.length === 0) {
      await delay(IDLE_MS);
      continue;
    }
    await handle(jobs);
    await boss.complete(
      stage,
      jobs.map(({ id }) => id),
    );
  }
}

await runWorker<PgBossConfig>(async ({ url, stage, mode, executionsFolder }) => {
  const boss = new PgBoss({ connectionString: url });
  boss.on('error', (error) => process.stderr.write(`${error.message}\n`));
  await boss.start();
  const executions = new ExecutionLog(executionsFolder, stage);
  const ended = new AbortController();
  const handle: Handle = async (jobs) => {
    for (const { data } of jobs) executions.note(data.n);
    // The same id: a job that is worked again adds nothing twice.
    if (stage === 'p1') await boss.insert(jobs.map(({ id, data }) => ({ id, name: 'p2', data })));
  };
  const crash = (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    if (!ended.signal.aborted) process.exit(1);
  };
  const loops = mode === 'fetch' ? LOOPS : 0;
  for (let loop = 0; loop < loops; loop += 1) void fetchLoop(boss, stage, handle, ended.signal).catch(crash);
  const options = { batchSize: BATCH_SIZE, pollingIntervalSeconds: POLL_SECONDS, priority: false };
  for (let worker = 0; worker < (mode === 'work' ? WORKERS : 0); worker += 1) await boss.work(stage, options, handle);
  return async () => {
    ended.abort();
    await boss.stop({ graceful: false });
  };
});
