import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Collection, MongoClient } from 'mongodb';
import { databaseName } from '../../../shared/mongo/database-name.ts';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { HttpPoster } from '../contenders/http-poster.ts';
import { acceptedIds, BATCH_CONTENT_TYPE, BATCH_PATH, BATCH_SIZE } from '../contenders/jobline/batch-api.ts';
import { BENCH_TYPE } from '../contenders/jobline/job-types.ts';
import { EXECUTIONS_VARIABLE } from '../contenders/jobline/no-op.ts';
import { startServices } from '../contenders/jobline/start-jobline.ts';
import { allExecutions } from '../suite/all-executions.ts';
import { orExit } from '../suite/or-exit.ts';
import { type DueRecord, latenessOf, problemsOf } from './lateness.ts';
import { type DueOptions, parseOptions, USAGE } from './options.ts';

const JOB_TYPES = join(projectRoot(), 'dist/test/bench/contenders/jobline/job-types.js');
/** Time to submit this many before their instant; then the system is idle. */
const SUBMITTED_A_SECOND = 1_000;
const IDLE_MS = 5_000;
const ENDED_WITHIN_MS = 120_000;
const LOOK_MS = 100;
const OPEN = ['SCHEDULED', 'QUEUED', 'RUNNING', 'RETRY_WAIT'];

/** The first whole second that leaves time to submit all and to come to rest. */
const instantFor = (jobs: number) => new Date(Math.ceil((Date.now() + (jobs / SUBMITTED_A_SECOND) * 1_000 + IDLE_MS) / 1_000) * 1_000);

async function submitAll(api: string, jobs: number, runAt: Date): Promise<void> {
  const poster = new HttpPoster(api, 1);
  try {
    for (let from = 0; from < jobs; from += BATCH_SIZE) {
      const lines = Array.from({ length: Math.min(BATCH_SIZE, jobs - from) }, (_, index) =>
        JSON.stringify({ type: BENCH_TYPE, lane: 'standard', input: { n: from + index }, run_at: runAt.toISOString() }),
      );
      const { status, text } = await poster.post(BATCH_PATH, BATCH_CONTENT_TYPE, `${lines.join('\n')}\n`);
      acceptedIds(status, text);
    }
  } finally {
    poster.end();
  }
}

async function untilEnded(jobs: Collection): Promise<void> {
  const untilMs = performance.now() + ENDED_WITHIN_MS;
  while (performance.now() < untilMs && (await jobs.findOne({ state: { $in: OPEN } }))) await delay(LOOK_MS);
}

async function measured(options: DueOptions): Promise<number> {
  const executions = mkdtempSync(join(tmpdir(), 'jobline-due-'));
  const scale = { scheduler: options.schedulers };
  const system = await startServices(JOB_TYPES, { scale, env: { [EXECUTIONS_VARIABLE]: executions } });
  const mongo = new MongoClient(system.mongodbUrl);
  try {
    const jobs = mongo.db(databaseName(system.mongodbUrl)).collection('jobs');
    const runAt = instantFor(options.jobs);
    await submitAll(system.api, options.jobs, runAt);
    const leftMs = runAt.getTime() - Date.now();
    if (leftMs < 1_000) throw new Error('Submitting took too long: the instant would have come before the system was idle.');
    console.log(`${options.jobs} jobs are submitted, all due in ${(leftMs / 1_000).toFixed(1)} s`);
    await delay(leftMs);
    await untilEnded(jobs);
    const records = (await jobs.find({}, { projection: { runAt: 1, state: 1, results: 1 } }).toArray()) as unknown as DueRecord[];
    return report(options, records, await countTwice(executions, options.jobs));
  } finally {
    await mongo.close();
    await system.stop();
  }
}

async function countTwice(folder: string, jobs: number): Promise<number> {
  const stages = await allExecutions(folder, jobs);
  return [...stages.values()].flatMap((counts) => [...counts.values()]).filter((count) => count > 1).length;
}

function report(options: DueOptions, records: readonly DueRecord[], executedTwice: number): number {
  const lateness = latenessOf(records);
  const { startsMs, early } = lateness;
  const at = (share: number) => startsMs[Math.min(startsMs.length - 1, Math.floor(startsMs.length * share))] ?? Number.NaN;
  console.log(`starts after their instant   first ${at(0)} ms, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, last ${at(1)} ms`);
  console.log(`started early                ${early}`);
  console.log(`stages that ran twice        ${executedTwice}`);
  const problems = problemsOf(lateness, { ...options, executedTwice });
  console.log(problems.length > 0 ? `FAIL: ${problems.join('; ')}` : `PASS: ${options.jobs} jobs, each once, none early`);
  return problems.length > 0 ? 1 : 0;
}

const options = orExit(USAGE, () => parseOptions(process.argv.slice(2)));
if (options.isHelp) console.log(USAGE);
else process.exitCode = await measured(options);
