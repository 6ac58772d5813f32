import type { JoblineClient } from '../../../shared/client/index.ts';
import { eventually } from '../eventually.ts';
import type { MoodyEndpoint } from '../moody-endpoint.ts';
import type { TestSystem } from '../test-system.ts';

/** What a runbook finds: variables that its reader has in hand, and what the test takes away again. */
export interface Trouble {
  readonly env?: Readonly<Record<string, string>>;
  readonly after?: () => Promise<unknown>;
}

/** The system that gets into trouble. */
export interface TroubledSystem {
  readonly system: TestSystem;
  readonly client: JoblineClient;
  /** What jobs of type http need. */
  readonly endpoint?: MoodyEndpoint;
  /** Asks the control plane as an operator. */
  admin(method: string, path: string, body?: object): Promise<Record<string, unknown>>;
  /** Asks RabbitMQ to delete something of the system's virtual host. */
  dropAtBroker(path: string): Promise<void>;
}

const WAIT = { timeoutMs: 60_000 };
/** A type whose failed jobs go well when they are replayed, and one whose jobs go on failing. */
const [MENDED, FAILING] = ['poison-inline', 'poison-thread'];

async function deadLetters({ client }: TroubledSystem, count: number, type = MENDED, runs = 1): Promise<readonly string[]> {
  const input = { poison: { stage: 'p1', how: 'throw', runs } };
  const ids = await Promise.all(Array.from({ length: count }, async () => (await client.submit(type!, input, { max_attempts: 1 })).job_id));
  for (const id of ids) await client.wait(id, WAIT);
  return ids;
}

interface Stages {
  readonly stages: readonly { readonly control: readonly { readonly stage: string; readonly state: string }[] }[];
}

async function pausedStage({ client, admin }: TroubledSystem): Promise<{ readonly JOB: string }> {
  await admin('POST', '/admin/v1/pauses', { stage: 'p1', reason: 'nobody remembers' });
  await eventually('p1 to be paused', async () => {
    const { stages } = (await admin('GET', '/admin/v1/stages')) as unknown as Stages;
    return stages.some(({ control }) => control.some(({ stage, state }) => stage === 'p1' && state === 'paused'));
  });
  return { JOB: (await client.submit('noop', {})).job_id };
}

/** A job that waits and owes nothing: what no write of Jobline makes. */
async function forgottenJob(at: TroubledSystem): Promise<Trouble> {
  const { JOB } = await pausedStage(at);
  const jobs = at.system.db.collection<{ _id: string }>('jobs');
  await eventually('its doorbell to be rung', async () => Boolean(await jobs.findOne({ _id: JOB, 'pub.due': { $exists: false } })));
  await jobs.updateOne({ _id: JOB }, { $unset: { 'pub.at': '' } });
  return {
    after: async () => {
      await at.admin('DELETE', '/admin/v1/pauses/stage%3Dp1');
      await at.client.wait(JOB, WAIT);
    },
  };
}

async function failingHost({ client, endpoint, admin }: TroubledSystem): Promise<Trouble> {
  endpoint!.mood = 'failing';
  for (let n = 0; n < 8; n += 1) await client.submit('http', { endpoint: 'thumbnails', payload: { n } });
  const isOpen = async () => JSON.stringify(await admin('GET', '/admin/v1/breakers')).includes('"state":"open"');
  await eventually('its breaker to open', isOpen, 30_000);
  endpoint!.mood = 'well';
  return {};
}

async function regression(at: TroubledSystem): Promise<Trouble> {
  const [first] = await deadLetters(at, 1, FAILING, 99);
  const { groups } = (await at.admin('GET', `/admin/v1/dead-letters/groups?type=${FAILING}`)) as { groups: { group_id: string }[] };
  await at.admin('POST', `/admin/v1/dead-letters/groups/${groups[0]!.group_id}/resolve`, { text: 'fixed in 1.4' });
  const [second] = await deadLetters(at, 1, FAILING, 99);
  return { after: () => Promise.all([first, second].map((id) => at.client.delete(id!))) };
}

async function killedWorker({ system, client }: TroubledSystem): Promise<Trouble> {
  const JOB = (await client.submit('poison', { poison: { stage: 'p1', how: 'kill-worker', attempts: 1 } })).job_id;
  await eventually('another worker to take it', async () => ['COMPLETED', 'FAILED'].includes((await client.status(JOB)).status), 90_000);
  await eventually('a worker again', async () => system.pidsOf('p1-worker').length === 1);
  return { env: { JOB } };
}

const oneDead = async (at: TroubledSystem): Promise<Trouble> => ({ env: { JOB: (await deadLetters(at, 1))[0]!, TYPE: MENDED! } });
const manyDead = async (at: TroubledSystem): Promise<Trouble> => {
  const [, failing] = await Promise.all([deadLetters(at, 5), deadLetters(at, 4, FAILING, 99)]);
  const removed = async (id: string) => {
    await at.client.wait(id, WAIT);
    await at.client.delete(id);
  };
  return { env: { TYPE: MENDED!, BAD_TYPE: FAILING! }, after: () => Promise.all(failing.map(removed)) };
};

/** By section: what is wrong before its runbook begins. */
export const TROUBLES: Readonly<Record<string, (at: TroubledSystem) => Promise<Trouble>>> = {
  JoblineStageStandsStill: async (at) => ({ env: await pausedStage(at) }),
  JoblineBindingsMissing: async ({ dropAtBroker }) => {
    await dropAtBroker('queues/jobline.p2.bulk');
    return {};
  },
  JoblineFsckFindings: forgottenJob,
  JoblineDeadLetters: async (at) => {
    await deadLetters(at, 5);
    return { env: { TYPE: MENDED! } };
  },
  JoblineRegression: regression,
  JoblineBreakerOpen: failingHost,
  JoblineWorkersDie: killedWorker,
  'End a job, run it again': oneDead,
  'Replay dead letters with a canary': manyDead,
  'Abort and undo a replay': async (at) => {
    const ids = await deadLetters(at, 5);
    return { env: { TYPE: MENDED! }, after: () => Promise.all(ids.map((id) => at.client.delete(id))) };
  },
  'Edit and replay': oneDead,
  'Groups of dead letters': oneDead,
  'A dead-letter queue was touched by hand': oneDead,
};
