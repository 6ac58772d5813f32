import { expect } from 'chai';
import type { LocalMongodb, LocalRabbitmq } from '../../deploy/local/servers.d.mts';
import { eventually } from '../support/eventually.ts';
import { countOf, evidenceOf, problemsOf } from '../support/job-evidence.ts';
import { OpenJobs } from '../support/open-jobs.ts';
import { TestSystem } from '../support/test-system.ts';

const FIRST_WORKER = { 'per-stage': 'p1-worker', single: 'single-worker' } as const;
/** So long that a job which waited for it would be seen. */
const LEASE_MS = 60_000;
const SHUTDOWN_TIMEOUT_MS = 2_000;
/** The process ends at most 15 s after its time for work in flight. */
const GRACE_MS = SHUTDOWN_TIMEOUT_MS + 15_000;
const ENV = { LEASE_MS: String(LEASE_MS), SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS) };

/** Sends SIGTERM to all processes of the services and waits for their end. @returns what the launcher said of it */
async function terminate({ system, said }: TestSystem, services: readonly string[]): Promise<readonly string[]> {
  const before = said.length;
  const pids = (await Promise.all(services.map((service) => system.kill(service, 'SIGTERM')))).flat();
  // Only the first end of each: one that is started again while a server is away may end once more.
  const ends = () => {
    const all = said.slice(before).flatMap((line) => /^\S+ (?:ended with code \d+|was killed by \w+)/.exec(line)?.[0] ?? []);
    return all.filter((end, index) => all.findIndex((one) => one.split(' ')[0] === end.split(' ')[0]) === index);
  };
  await eventually(`${services.join(', ')} to end`, () => ends().length >= pids.length, GRACE_MS);
  return ends().toSorted();
}

for (const topology of ['per-stage', 'single'] as const) {
  describe(`SIGTERM, ${topology} topology`, function () {
    this.timeout(120_000);
    const service = FIRST_WORKER[topology];
    let system: TestSystem;

    before(async () => {
      system = await TestSystem.start({ topology, env: { ...ENV, WORKER_CONCURRENCY: '4' } });
    });

    after(() => system?.stop());

    it('to a worker: what fits in its time is finished, the rest is handed back and runs elsewhere at once, as no attempt', async () => {
      const short = await Promise.all(['wait', 'wait-inline'].map((type) => system.submit(type, { waitMs: { p1: 1_200 } })));
      const long = await Promise.all(['wait', 'wait-process', 'wait-inline'].map((type) => system.submit(type, { waitMs: { p1: 7_000 } })));
      // Never ends by itself, and does not listen when told to stop.
      const deaf = await system.submit('poison-thread', { poison: { stage: 'p1', how: 'loop' } });
      const started = (id: string) => system.effects.of(id, 'p1', 'started').length;
      await eventually('all to run', () => [...short, ...long, deaf].every((id) => started(id) === 1));
      // No slot is free: these bells wait in the worker. "Elsewhere" is the process that the launcher starts in its place.
      const prefetched = await Promise.all(Array.from({ length: 5 }, () => system.submit('wait')));
      const startedAtMs = Date.now();
      expect(await terminate(system, [`${service}-1`])).to.deep.equal([`${service}-1 ended with code 0`]);
      const notAgain = () => [...long, deaf].filter((id) => started(id) !== 2).concat(prefetched.filter((id) => started(id) !== 1));
      await eventually('all to run elsewhere', () => notAgain().length === 0, 20_000).catch(async (error: unknown) => {
        throw new Error(`${(error as Error).message}; not yet: ${JSON.stringify(await evidenceOf(system, notAgain()))}`);
      });
      expect(Date.now() - startedAtMs, 'waited for no lease').to.be.below(LEASE_MS / 2);
      await system.request('POST', `/v1/jobs/${deaf}/cancel`);
      const ids = [...short, ...long, ...prefetched];
      expect(await system.untilAllEnded([...ids, deaf])).to.deep.equal({ COMPLETED: ids.length, CANCELED: 1 });
      const evidence = await evidenceOf(system, ids);
      expect(problemsOf(evidence)).to.deep.equal([]);
      for (const one of evidence) {
        const isLong = long.includes(one.id);
        expect(one.record.log.map(({ event, attempt }) => ({ event, attempt }))).to.deep.equal(
          isLong ? [{ event: 'released', attempt: 1 }] : [],
        );
        expect(
          one.effects.filter(({ stage }) => stage === 'p1').every(({ attempt }) => attempt === 1),
          'no attempt was counted',
        ).to.equal(true);
      }
      const [ofDeaf] = await evidenceOf(system, [deaf]);
      expect(countOf(ofDeaf!, 'released')).to.equal(1);
      expect(ofDeaf!.effects.map(({ attempt }) => attempt)).to.deep.equal([1, 1]);
    });

    it('to every service, one after the other, under load: each ends with code 0, no job is lost and no attempt fails', async () => {
      const services = [...new Set(system.system.processes.map((one) => one.service))];
      const load = new OpenJobs(system, { types: ['noop', 'wait', 'wait-inline'], input: { waitMs: { p1: 200, p2: 200 } }, open: 12 });
      const { said } = system;
      try {
        for (const one of services) {
          const from = said.length;
          const { length } = system.pidsOf(one);
          const ends = await terminate(system, [one]);
          expect(
            ends.every((end) => end.endsWith('ended with code 0')),
            ends.join('; '),
          ).to.equal(true);
          await eventually(
            `${one} to be back`,
            () => said.slice(from).filter((line) => line.includes('is ready again')).length >= length,
            60_000,
          );
        }
      } finally {
        await load.end();
      }
      expect(load.accepted.length).to.be.above(12);
      expect(await system.untilAllEnded(load.accepted)).to.deep.equal({ COMPLETED: load.accepted.length });
      const evidence = await evidenceOf(system, load.accepted);
      expect(problemsOf(evidence)).to.deep.equal([]);
      expect(evidence.flatMap(({ record }) => record.log).filter(({ event }) => event !== 'released')).to.deep.equal([]);
    });
  });
}

describe('SIGTERM while a server is away', function () {
  this.timeout(180_000);
  const SERVICES = ['gateway', 'p1-worker', 'p2-worker', 'scheduler'];
  const ENDS = SERVICES.map((service) => `${service}-1 ended with code 0`);
  let system: TestSystem;

  before(async () => {
    system = await TestSystem.start({ ownServers: true, env: { ...ENV, LEASE_MS: '3000' } });
  });

  after(() => system?.stop());

  /** Jobs at both stages, begun before the server goes. */
  async function running(): Promise<readonly string[]> {
    const ids = await Promise.all([{ p1: 800 }, { p2: 800 }].map((waitMs) => system.submit('wait', { waitMs })));
    await eventually('both to run', () => ids.every((id, index) => system.effects.of(id, `p${index + 1}`, 'started').length === 1));
    return ids;
  }

  /** Waits until no kill of the store can undo the claims: they are written with w:1. */
  async function durablyClaimed(ids: readonly string[]): Promise<void> {
    const jobs = system.db.collection<{ _id: string; state: string; stage: number }>('jobs', { readConcern: { level: 'majority' } });
    const isHeld = async (_id: string, stage: number) => (await jobs.countDocuments({ _id, state: 'RUNNING', stage })) === 1;
    await eventually('both claims to be durable', async () => (await Promise.all(ids.map(isHeld))).every(Boolean));
  }

  it('MongoDB: every service ends in time with code 0, and what ran is completed when MongoDB is back', async () => {
    const mongodb = system.system.mongodb as LocalMongodb;
    const ids = await running();
    await durablyClaimed(ids);
    await mongodb.kill();
    expect(await terminate(system, SERVICES)).to.deep.equal(ENDS);
    await mongodb.restart();
    expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: ids.length });
    const evidence = await evidenceOf(system, ids);
    expect(problemsOf(evidence)).to.deep.equal([]);
    expect(evidence.flatMap(({ record }) => record.log).filter(({ event }) => event !== 'lease_lost')).to.deep.equal([]);
  });

  // Second: a queue made a moment before a kill -9 is broken for good afterwards (docs/decisions.md, broker facts).
  it('RabbitMQ: every service ends in time with code 0, and what ran is completed when RabbitMQ is back', async () => {
    const rabbitmq = system.system.rabbitmq as LocalRabbitmq;
    const ids = await running();
    await rabbitmq.kill();
    expect(await terminate(system, SERVICES)).to.deep.equal(ENDS);
    await rabbitmq.restart();
    expect(await system.untilAllEnded(ids)).to.deep.equal({ COMPLETED: ids.length });
    const evidence = await evidenceOf(system, ids);
    expect(problemsOf(evidence)).to.deep.equal([]);
    // The store was there: what ran was committed.
    expect(evidence.flatMap(({ record }) => record.log)).to.deep.equal([]);
  });
});
