import { expect } from 'chai';
import type { LocalRabbitmq } from '../../deploy/local/servers.d.mts';
import { ManagementApi } from '../../shared/rabbit/management-api.ts';
import { applyAgain } from '../support/apply-again.ts';
import { expectCompletedOnce, expectEffectsOnce } from '../support/ended-once.ts';
import { eventually } from '../support/eventually.ts';
import { ResidentMemory } from '../support/resident-memory.ts';
import { expectSameProcesses, processesOf } from '../support/same-processes.ts';
import { SteadyLoad } from '../support/steady-load.ts';
import { TestSystem } from '../support/test-system.ts';

const PER_SECOND = 15;
/** Far above what a service needs, far below what a queue in memory would take in the long run. */
const MOST_MB = 350;
/** The relay rings a job again at most every 30 s. */
const RECOVERY_MS = 75_000;

/** Publishes that are refused by RabbitMQ in the ways of its alarms; each is called off by the second command. */
const ALARMS = [
  ['memory', ['set_vm_memory_high_watermark', 'absolute', '1MB'], ['set_vm_memory_high_watermark', '0.6']],
  ['disk', ['set_disk_free_limit', '900000GB'], ['set_disk_free_limit', '50MB']],
] as const;

describe('RabbitMQ in trouble under the whole system', function () {
  this.timeout(180_000);
  let system: TestSystem;
  let rabbitmq: LocalRabbitmq;
  let processes: Readonly<Record<string, number>>;

  before(async () => {
    system = await TestSystem.start({ ownServers: true, restart: false, env: { INLINE_PREFETCH: '5' } });
    rabbitmq = system.system.rabbitmq as LocalRabbitmq;
    processes = processesOf(system);
  });

  after(() => system?.stop());

  afterEach('no process has ended', () => {
    expectSameProcesses(system, processes);
  });

  /** Jobs go in before, during and after the trouble; whatever was answered 202 must end, once. */
  async function submitThrough(trouble: (load: SteadyLoad) => Promise<void>): Promise<void> {
    const memory = new ResidentMemory(system);
    const load = new SteadyLoad(system, { type: 'noop', perSecond: PER_SECOND });
    try {
      await eventually('the first jobs', () => load.accepted.length > PER_SECOND);
      await trouble(load);
      const before = load.accepted.length;
      await eventually('jobs after it', () => load.accepted.length > before + PER_SECOND);
    } finally {
      await load.end();
      memory.end();
    }
    const peaks = memory.end();
    expect(load.statuses).to.deep.equal([202]);
    expect(load.quantileMs(0.99), 'p99').to.be.below(1_000);
    expect(load.quantileMs(1), 'slowest').to.be.below(3_000);
    await expectCompletedOnce(system, load.accepted, RECOVERY_MS);
    expectEffectsOnce(system, load.accepted);
    expect(Object.entries(peaks).filter(([, mb]) => mb > MOST_MB)).to.deep.equal([]);
    expect(Object.values(peaks).every((mb) => mb > 0)).to.equal(true);
  }

  async function acceptedWhile(load: SteadyLoad, seconds: number): Promise<void> {
    const before = load.accepted.length;
    await eventually('jobs to be accepted', () => load.accepted.length >= before + seconds * PER_SECOND, seconds * 3_000);
  }

  it('stopped for 30 s under steady submissions: all are accepted at once, and run afterwards, once', () =>
    submitThrough(async (load) => {
      await rabbitmq.stop();
      await acceptedWhile(load, 30);
      await rabbitmq.restart();
    }));

  it('killed with SIGKILL under steady submissions: the same', () =>
    submitThrough(async (load) => {
      await rabbitmq.kill();
      await acceptedWhile(load, 4);
      await rabbitmq.restart();
    }));

  for (const [name, raise, callOff] of ALARMS) {
    it(`${name} alarm under steady submissions: stages go on with what is queued, nothing is lost`, async () => {
      const waiting = await Promise.all(Array.from({ length: 12 }, () => system.submit('wait', { waitMs: { p1: 300 } })));
      await submitThrough(async (load) => {
        await rabbitmq.ctl(raise);
        try {
          await eventually('the gateway to see it', async () => (await system.request('GET', '/readyz')).body['status'] === 'degraded');
          const ended = () => waiting.filter((id) => system.effects.of(id, 'p1', 'ended').length > 0).length;
          await eventually('all of Process 1 to run', () => ended() === waiting.length);
          await acceptedWhile(load, 2);
        } finally {
          await rabbitmq.ctl(callOff);
        }
      });
      await expectCompletedOnce(system, waiting, RECOVERY_MS);
    });
  }

  it('channels, then connections closed by the server: publishing and consuming go on', () =>
    submitThrough(async (load) => {
      // Each channel process is told that its client acknowledged what was never delivered: 406, channel closed.
      const closed = await rabbitmq.ctl([
        'eval',
        "Pids = rabbit_channel:list(), [rabbit_channel:do(Pid, {'basic.ack', 999999999, false}) || Pid <- Pids], length(Pids).",
      ]);
      expect(Number(closed)).to.be.above(4);
      await acceptedWhile(load, 1);
      await rabbitmq.ctl(['close_all_connections', 'by the test']);
      await acceptedWhile(load, 1);
    }));

  /** Jobs whose bells wait in the queue of a lane, all of them confirmed. */
  async function queueUp(lane: string): Promise<readonly string[]> {
    const ids = await Promise.all(Array.from({ length: 40 }, () => system.submit('wait', { waitMs: { p1: 250 } }, { lane })));
    await eventually('the bells to be confirmed', async () => (await system.db.collection('jobs').countDocuments(owing(ids))) === 0);
    return ids;
  }

  const owing = (ids: readonly string[]): object => ({ _id: { $in: ids }, 'pub.due': { $exists: true }, state: 'QUEUED', stage: 0 });

  /** Makes the bells of jobs look as if they had been rung a minute before. @returns how many there are. */
  async function age(ids: readonly string[]): Promise<number> {
    const waiting: object = { _id: { $in: ids }, 'pub.due': { $exists: false }, state: 'QUEUED', stage: 0 };
    const aged = await system.db.collection('jobs').updateMany(waiting, { $set: { 'pub.at': new Date(Date.now() - 61_000) } });
    return aged.modifiedCount;
  }

  it('a stage queue purged, another deleted with its consumer and made anew by the operator: all jobs run, once', async () => {
    const management = new ManagementApi(system.system.managementUrl!, rabbitmq.url);
    const purged = await queueUp('bulk');
    const deleted = await queueUp('standard');
    await management.delete(management.inVhost('queues', 'jobline.p1.bulk', 'contents'));
    await management.delete(management.inVhost('queues', 'jobline.p1.standard'));
    const meanwhile = await Promise.all(Array.from({ length: 10 }, () => system.submit('noop')));
    await applyAgain(system);
    expect(await age(purged), 'lost in the purge').to.be.above(10);
    expect(await age(deleted), 'lost in the deletion').to.be.above(10);
    const afterwards = await Promise.all(Array.from({ length: 10 }, () => system.submit('noop')));
    const all = [...purged, ...deleted, ...meanwhile, ...afterwards];
    await expectCompletedOnce(system, all, RECOVERY_MS);
    expectEffectsOnce(system, all);
  });
});
