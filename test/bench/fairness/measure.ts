import { setTimeout as delay } from 'node:timers/promises';
import { type Collection, type Document, MongoClient } from 'mongodb';
import type { System } from '../../../deploy/local/system.d.mts';
import { databaseName } from '../../../shared/mongo/database-name.ts';
import { startServices } from '../contenders/jobline/start-jobline.ts';
import { KeyedSystem, keyedEnvironment } from './keyed-system.ts';
import type { FairnessOptions } from './options.ts';
import { type Fairness, type FirstJob, firstJobOf, type WaitRecord } from './waits.ts';

const BATCH = 500;
const LOOK_MS = 20;
/** A first job that waits for so many times its limit is given up. */
const GIVE_UP_TIMES = 5;
const CROWD = 'crowd';

/** The same on servers of its own. */
export async function measureFairness(options: FairnessOptions, say: (line: string) => void): Promise<Fairness> {
  const env = keyedEnvironment(options.share);
  const system = await startServices(env['JOBLINE_JOB_TYPES']!, { env });
  try {
    return await fairnessOf(system, options, say);
  } finally {
    await system.stop();
  }
}

/** One tenant fills the lane, others come: what became of their first jobs. @param system started with `keyedEnvironment` */
export async function fairnessOf(
  system: System,
  options: Omit<FairnessOptions, 'isHelp' | 'share'>,
  say: (line: string) => void = () => undefined,
): Promise<Fairness> {
  const tenants = new KeyedSystem(system, options);
  const mongo = new MongoClient(system.mongodbUrl);
  try {
    const jobs = mongo.db(databaseName(system.mongodbUrl)).collection('jobs');
    const keys: string[] = [];
    for (let index = 0; index < options.tenants; index += 1) keys.push(await tenants.newTenant(`guest-${index}`));
    const queuedBefore = await fill(tenants, jobs, options.jobs);
    say(`${queuedBefore} jobs of one tenant are queued; ${options.tenants} others come with one each`);
    const endedBefore = await countEnded(jobs);
    const firstJobs: FirstJob[] = [];
    for (const key of keys) firstJobs.push(await serve(jobs, await tenants.submit(key), options.limitMs));
    return { firstJobs, queuedBefore, queuedAfter: await countQueued(jobs), completedMeanwhile: (await countEnded(jobs)) - endedBefore };
  } finally {
    await mongo.close();
  }
}

/** Submits until so many are queued, whatever has been worked off meanwhile. */
async function fill(system: KeyedSystem, jobs: Collection<Document>, wanted: number): Promise<number> {
  const key = await system.newTenant(CROWD);
  for (let queued = 0; ; queued = await countQueued(jobs)) {
    if (queued >= wanted) return queued;
    for (let left = wanted - queued; left > 0; left -= BATCH) await system.submitMany(key, Math.min(BATCH, left));
  }
}

const countQueued = (jobs: Collection<Document>) => jobs.countDocuments({ tenant: CROWD, state: 'QUEUED', stage: 0 });
const countEnded = (jobs: Collection<Document>) => jobs.countDocuments({ tenant: CROWD, state: 'COMPLETED' });

/** Waits until the job has ended, or for long enough. */
async function serve(jobs: Collection<Document>, id: string, limitMs: number): Promise<FirstJob> {
  const byId = { _id: id } as Document;
  for (const untilMs = performance.now() + limitMs * GIVE_UP_TIMES; ; await delay(LOOK_MS)) {
    const record = (await jobs.findOne(byId)) as unknown as WaitRecord;
    if (record.state === 'COMPLETED' || performance.now() > untilMs) return firstJobOf(record);
  }
}
