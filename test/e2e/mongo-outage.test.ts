import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import type { LocalMongodb } from '../../deploy/local/servers.d.mts';
import { expectCompletedOnce } from '../support/ended-once.ts';
import { eventually } from '../support/eventually.ts';
import { localServers } from '../support/local-stack.ts';
import { expectSameProcesses, processesOf } from '../support/same-processes.ts';
import { type LoadAnswer, SteadyLoad, timed } from '../support/steady-load.ts';
import { TestSystem } from '../support/test-system.ts';

/** The gateway waits for the database 2.5 s at most; the rest is for a busy machine. */
const FIRST_MS = 3_500;
const AT_ONCE_MS = 500;
const OUTAGE_MS = 5_000;

/** Ways in which a database goes away and comes back. */
const OUTAGES: readonly (readonly [string, (mongodb: LocalMongodb) => Promise<unknown>, (mongodb: LocalMongodb) => Promise<unknown>])[] = [
  ['stopped', (mongodb) => mongodb.stop(), (mongodb) => mongodb.restart()],
  ['killed with SIGKILL', (mongodb) => mongodb.kill(), (mongodb) => mongodb.restart()],
  ['frozen', async ({ pid }) => process.kill(pid!, 'SIGSTOP'), async ({ pid }) => process.kill(pid!, 'SIGCONT')],
];

function expectRefusal({ status, retryAfter, contentType }: LoadAnswer): void {
  expect(status).to.equal(503);
  expect(contentType).to.match(/^application\/problem\+json/);
  expect(Number(retryAfter)).to.be.within(1, 60);
}

/** Requests that the gateway calls faults of its own. */
const faultsOf = ({ logs }: TestSystem) =>
  logs
    .map(({ line }) => line)
    .filter((line) => line.includes('request failed'))
    .join('\n');

describe('MongoDB away under the whole system', function () {
  this.timeout(120_000);
  let system: TestSystem;
  let mongodb: LocalMongodb;
  let processes: Readonly<Record<string, number>>;

  before(async () => {
    system = await TestSystem.start({ ownServers: true, restart: false });
    mongodb = system.system.mongodb as LocalMongodb;
    processes = processesOf(system);
  });

  after(() => system?.stop());

  afterEach('no process has ended', () => {
    expectSameProcesses(system, processes);
  });

  const post = () => timed(() => system.request('POST', '/v1/jobs', { type: 'noop', input: {} }));
  const get = (id: string) => timed(() => system.request('GET', `/jobs/${id}/status`));

  /** Asks again and again until the outage has lasted long enough. */
  async function expectRefusals(id: string): Promise<void> {
    const endMs = performance.now() + OUTAGE_MS;
    const first = await Promise.all([post(), get(id)]);
    for (const one of first) expect(one.tookMs, 'first').to.be.below(FIRST_MS);
    while (performance.now() < endMs) {
      for (const one of [await post(), await get(id)]) {
        expectRefusal(one);
        expect(one.tookMs).to.be.below(AT_ONCE_MS);
      }
    }
  }

  for (const [situation, takeAway, giveBack] of OUTAGES) {
    it(`${situation}: 503 with Retry-After at once, then every accepted job ends, each stage committed once`, async () => {
      const long = await Promise.all([1_500, 3_000, 6_000].map((p1) => system.submit('wait', { waitMs: { p1, p2: 100 } })));
      const load = new SteadyLoad(system, { type: 'noop', perSecond: 20 });
      try {
        await eventually('jobs at work', async () => load.accepted.length > 20 && system.effects.of(long[1]!).length > 0);
        await takeAway(mongodb);
        try {
          await eventually('the first refusal', () => load.statuses.includes(503));
          await expectRefusals(long[0]!);
        } finally {
          await giveBack(mongodb);
        }
        const before = load.accepted.length;
        await eventually('jobs to be accepted again', () => load.accepted.length > before + 20, 30_000);
      } finally {
        await load.end();
      }
      expect(faultsOf(system)).to.equal('');
      expect(load.statuses).to.deep.equal([202, 503]);
      for (const answer of load.answers.filter(({ status }) => status === 503)) expectRefusal(answer);
      expect(load.quantileMs(1), 'slowest').to.be.below(FIRST_MS);
      await expectCompletedOnce(system, [...load.accepted, ...long], 90_000);
      await expectNothingStuck();
    });
  }

  /** A submission that was answered 503 may be stored all the same: then it runs like any other. */
  async function expectNothingStuck(): Promise<void> {
    const active = { active: { $exists: true } };
    await eventually('every stored job to end', async () => (await system.db.collection('jobs').countDocuments(active)) === 0, 60_000);
  }
});

describe('MongoDB of three members under the whole system', function () {
  this.timeout(120_000);
  let mongodb: LocalMongodb;
  let system: TestSystem;

  before(async () => {
    mongodb = await (await localServers()).startMongodb({ members: 3 });
    system = await TestSystem.start({ env: { MONGODB_URL: mongodb.url }, restart: false });
  });

  after(async () => {
    await system?.stop();
    await mongodb?.dispose();
  });

  /** Which member takes writes, by its place in the connection string. */
  async function primary(): Promise<number> {
    const client = await new MongoClient(mongodb.url).connect();
    try {
      const { primary: address, hosts } = await client.db('admin').command({ hello: 1 });
      const known = mongodb.url.slice('mongodb://'.length, mongodb.url.indexOf('/?')).split(',');
      expect(hosts).to.have.members(known);
      return known.indexOf(address);
    } finally {
      await client.close();
    }
  }

  it('the primary killed under load: every accepted job ends, each stage committed once', async () => {
    const load = new SteadyLoad(system, { type: 'noop', perSecond: 20 });
    try {
      await eventually('jobs at work', () => load.accepted.length > 40);
      const first = await primary();
      await mongodb.kill(first);
      await eventually('the members to choose another', async () => ![first, -1].includes(await primary().catch(() => -1)), 30_000);
      const before = load.accepted.length;
      await eventually('jobs to be accepted again', () => load.accepted.length > before + 40, 30_000);
    } finally {
      await load.end();
    }
    expect(faultsOf(system)).to.equal('');
    expect(load.statuses.every((status) => [202, 503].includes(status))).to.equal(true);
    await expectCompletedOnce(system, load.accepted, 90_000);
  });
});
