import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import type { TierBWorld } from '../tier-b-world.ts';
import type { Fault } from './fault.ts';

const DOWN_SECONDS = 5;
const PRIMARY_MS = 60_000;
const FAILING_MS = 5_000;
const COMMAND_MS = 60_000;

/** @returns which election the present primary was chosen in; undefined while there is none. */
async function election({ client }: TierBWorld): Promise<string | undefined> {
  const hello = await client
    .db('admin')
    .command({ hello: 1 })
    .catch(() => undefined);
  return hello?.['isWritablePrimary'] === true ? String(hello['electionId']) : undefined;
}

async function stepDown(world: TierBWorld): Promise<string> {
  let before: string | undefined;
  await eventually('MongoDB to be primary', async () => (before = await election(world)) !== undefined, PRIMARY_MS);
  await world.client.db('admin').command({ replSetStepDown: DOWN_SECONDS, force: true });
  const startedAtMs = performance.now();
  const isChosenAnew = async () => ![undefined, before].includes(await election(world));
  await eventually('MongoDB to be primary by another election', isChosenAnew, PRIMARY_MS);
  return `no primary for ${Math.round(performance.now() - startedAtMs)} ms`;
}

/** Lets some commands of the services fail inside mongod, as its own failpoint does. */
function failing(name: string, mode: 'alwaysOn' | { readonly activationProbability: number }, data: (world: TierBWorld) => object): Fault {
  return {
    name,
    lane: 'store',
    count: 1,
    run: async (world) => {
      const admin = world.client.db('admin');
      const failed = async () => {
        const answer = await admin.command({ getParameter: 1, 'failpoint.failCommand': 1 });
        return (answer['failpoint.failCommand'] as { timesEntered: number }).timesEntered - before;
      };
      let before = 0;
      before = await failed();
      let count = 0;
      await admin.command({ configureFailPoint: 'failCommand', mode, data: data(world) });
      try {
        await Promise.all([delay(FAILING_MS), eventually('a command to fail', async () => (count = await failed()) > 0, COMMAND_MS)]);
      } finally {
        await admin.command({ configureFailPoint: 'failCommand', mode: 'off' });
      }
      return `${count} commands`;
    },
  };
}

export const STORE_FAULTS: readonly Fault[] = [
  { name: 'step-down of MongoDB', lane: 'store', count: 2, run: stepDown },
  {
    name: 'kill -9 of MongoDB',
    lane: 'store',
    count: 1,
    run: async ({ mongodb, recorder }) => {
      const before = mongodb.pid;
      const fromMs = Date.now();
      await mongodb.kill();
      await mongodb.restart();
      recorder.outages.push({ fromMs, toMs: Date.now() });
      return `process ${before}, now ${mongodb.pid}, ${Date.now() - fromMs} ms`;
    },
  },
  failing('failing store of outputs', 'alwaysOn', ({ jobs }) => ({
    failCommands: ['insert'],
    namespace: `${jobs.dbName}.outputs`,
    errorCode: 50,
  })),
  // They take effect, and their answer says that it is not known whether they are durable.
  failing('unknown outcomes of writes to jobs', { activationProbability: 0.3 }, ({ jobs }) => ({
    failCommands: ['insert', 'update', 'findAndModify'],
    namespace: jobs.namespace,
    writeConcernError: { code: 64, errmsg: 'waiting for replication timed out, by the test' },
  })),
];
