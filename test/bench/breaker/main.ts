import { setTimeout as delay } from 'node:timers/promises';
import { type Db, MongoClient } from 'mongodb';
import { databaseName } from '../../../shared/mongo/database-name.ts';
import { chargedAttempts } from '../../support/charged-attempts.ts';
import { localSystem } from '../../support/local-stack.ts';
import { MoodyEndpoint } from '../../support/moody-endpoint.ts';
import { orExit } from '../suite/or-exit.ts';
import { type BreakerOptions, parseOptions, USAGE } from './options.ts';

const THRESHOLD = 5;
const WELL_BEFORE_MS = 5_000;
const ENDED_WITHIN_MS = 180_000;
const OPEN = ['SCHEDULED', 'QUEUED', 'RUNNING', 'RETRY_WAIT'];

/** Posts a job each 1/rate s until it is told to stop. @returns how many were accepted. */
async function submitAt(api: string, rate: number, stop: AbortSignal): Promise<number> {
  const startedMs = performance.now();
  const posted: Promise<boolean>[] = [];
  while (!stop.aborted) {
    const due = Math.floor(((performance.now() - startedMs) / 1_000) * rate);
    while (posted.length < due) posted.push(submit(api, posted.length));
    await delay(20);
  }
  return (await Promise.all(posted)).filter(Boolean).length;
}

async function submit(api: string, n: number): Promise<boolean> {
  const body = JSON.stringify({ type: 'http', input: { endpoint: 'cut', payload: { n } } });
  const answer = await fetch(`${api}/v1/jobs`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  await answer.body?.cancel();
  return answer.status === 202;
}

async function untilEnded(db: Db): Promise<void> {
  const untilMs = performance.now() + ENDED_WITHIN_MS;
  while (performance.now() < untilMs && (await db.collection('jobs').findOne({ state: { $in: OPEN } }))) await delay(200);
}

async function measured({ seconds, rate, mood, workers }: BreakerOptions): Promise<number> {
  const endpoint = new MoodyEndpoint();
  const base = await endpoint.start();
  const endpoints = JSON.stringify({ cut: { p1: `${base}/cut`, timeout_ms: 2_000 } });
  const { startSystem } = await localSystem();
  const own = { RABBITMQ_URL: '', RABBITMQ_MANAGEMENT_URL: '', MONGODB_URL: '' };
  const env = { ...own, HTTP_ENDPOINTS: endpoints, BREAKER_FAILURES: String(THRESHOLD) };
  const system = await startSystem({ env, scale: { 'p1-worker': workers }, temporary: true });
  const mongo = new MongoClient(system.mongodbUrl);
  try {
    const db = mongo.db(databaseName(system.mongodbUrl));
    const stop = new AbortController();
    const submitting = submitAt(system.api, rate, stop.signal);
    await delay(WELL_BEFORE_MS);
    endpoint.mood = mood;
    const before = endpoint.got.length;
    console.log(`the endpoint is ${mood} for ${seconds} s`);
    await delay(seconds * 1_000);
    const [asked, charged] = [endpoint.got.length - before, await chargedAttempts(db, 'http')];
    endpoint.mood = 'well';
    const wellAtMs = performance.now();
    const askedBefore = endpoint.got.length;
    await delay(WELL_BEFORE_MS);
    stop.abort();
    const accepted = await submitting;
    await untilEnded(db);
    const allMs = performance.now() - wellAtMs;
    const completed = await db.collection('jobs').countDocuments({ state: 'COMPLETED' });
    const firstMs = (endpoint.got[askedBefore]?.atMs ?? Number.NaN) - wellAtMs;
    console.log(`attempts charged             ${charged} (threshold ${THRESHOLD})`);
    console.log(`requests while it was down   ${asked}, probes included`);
    console.log(
      `first request once well      after ${(firstMs / 1_000).toFixed(1)} s; all ${accepted} jobs ended after ${(allMs / 1_000).toFixed(1)} s`,
    );
    console.log(`completed                    ${completed} of ${accepted}`);
    const others = db
      .collection('jobs')
      .aggregate<{ _id: unknown; count: number }>([
        { $match: { state: { $ne: 'COMPLETED' } } },
        { $group: { _id: { state: '$state', stage: '$stage', code: '$err.code', message: '$err.message' }, count: { $sum: 1 } } },
      ]);
    for await (const { _id, count } of others) console.log(`${count} are ${JSON.stringify(_id)}`);
    return charged <= THRESHOLD && completed === accepted ? 0 : 1;
  } finally {
    await mongo.close();
    await system.stop();
    endpoint.stop();
  }
}

const options = orExit(USAGE, () => parseOptions(process.argv.slice(2)));
if (options.isHelp) console.log(USAGE);
else process.exitCode = await measured(options);
