import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { FaultSchedule } from '../../chaos/fault-schedule.ts';
import { BROKER_FAULTS } from '../../chaos/faults/broker-faults.ts';
import type { Fault } from '../../chaos/faults/fault.ts';
import { NETWORK_FAULTS } from '../../chaos/faults/network-faults.ts';
import { PROCESS_FAULTS } from '../../chaos/faults/process-faults.ts';
import { STORE_FAULTS } from '../../chaos/faults/store-faults.ts';
import { SeededRandom } from '../../chaos/seeded-random.ts';
import { type JobPurpose, planJobs } from '../../chaos/tier-b-jobs.ts';
import type { TierBWorld } from '../../chaos/tier-b-world.ts';
import { eventually } from '../../support/eventually.ts';

const NO_WORLD = {} as TierBWorld;

describe('tier B', () => {
  it('plans 5,000 jobs with the shares that the issue asks for, the same for the same seed', () => {
    const plan = (seed: number) => planJobs(5_000, new SeededRandom(seed), 'http://sink');
    const jobs = plan(1);
    const share = (...purposes: readonly JobPurpose[]) => jobs.filter(({ purpose }) => purposes.includes(purpose)).length;
    expect(jobs).to.have.length(5_000);
    expect(share('unpublished')).to.equal(250);
    expect(share('canceled')).to.equal(100);
    expect(share('replayed')).to.equal(50);
    // Two in a thousand more are malformed messages, which are no jobs.
    expect(share('throws', 'exits', 'kills-worker')).to.equal(40);
    expect(new Set(jobs.map(({ lane }) => lane))).to.have.lengthOf(3);
    expect(new Set(jobs.map(({ type }) => type))).to.have.lengthOf(5);
    expect(plan(1)).to.deep.equal(jobs);
    expect(plan(2)).not.to.deep.equal(jobs);
  });

  it('plans the faults that the issue asks for', () => {
    const count = (faults: readonly Fault[], name: RegExp) =>
      faults.filter((one) => name.test(one.name)).reduce((sum, one) => sum + one.count, 0);
    expect(count(PROCESS_FAULTS, /kill -9/)).to.be.at.least(80);
    expect(count(PROCESS_FAULTS, /SIGSTOP/)).to.be.at.least(15);
    expect(count(BROKER_FAULTS, /restart/)).to.equal(2);
    expect(count(BROKER_FAULTS, /kill -9/)).to.equal(1);
    expect(count(BROKER_FAULTS, /alarm/)).to.equal(2);
    expect(count(BROKER_FAULTS, /purge/)).to.equal(1);
    expect(count(STORE_FAULTS, /step-down/)).to.equal(2);
    expect(count(STORE_FAULTS, /kill -9/)).to.equal(1);
    expect(count(NETWORK_FAULTS, /TCP cut/)).to.equal(10);
    expect(count(NETWORK_FAULTS, /TCP freeze/)).to.equal(2);
  });

  function faultOf(name: string, count: number, run: () => Promise<string>): Fault {
    return { name, lane: 'kill', count, run };
  }

  it('does every planned fault, and counts what was done', async () => {
    const said: string[] = [];
    const how = { random: new SeededRandom(1), seconds: 0.12, say: (line: string) => said.push(line) };
    const schedule = new FaultSchedule(NO_WORLD, [faultOf('a', 3_000, async () => 'x'), faultOf('b', 1, async () => 'y')], how);
    await schedule.run(() => 1);
    expect(schedule.counts).to.deep.equal([
      ['a', 3, 3],
      ['b', 1, 1],
    ]);
    expect(said).to.have.length(4);
    expect(schedule.failures).to.deep.equal([]);
  });

  it('tries a fault again whose target has just gone, and counts it once', async () => {
    const how = { random: new SeededRandom(1), seconds: 0.01, say: () => undefined, againMs: 1 };
    let tries = 0;
    const failOnce = async () => {
      tries += 1;
      if (tries === 1) throw new Error('nothing to kill');
      return 'killed';
    };
    const schedule = new FaultSchedule(NO_WORLD, [faultOf('a', 1, failOnce)], how);
    await schedule.run(() => 1);
    expect([tries, schedule.counts, schedule.isOver('a')]).to.deep.equal([2, [['a', 1, 1]], true]);
  });

  it('does not count a fault that could not be done in three tries', async () => {
    const how = { random: new SeededRandom(1), seconds: 0.01, say: () => undefined, againMs: 1 };
    const fail = () => Promise.reject(new Error('nothing to kill'));
    const schedule = new FaultSchedule(NO_WORLD, [faultOf('a', 1, fail)], how);
    await schedule.run(() => 1);
    expect(schedule.counts).to.deep.equal([['a', 1, 0]]);
    expect(schedule.failures).to.deep.equal(Array.from({ length: 3 }, () => 'a: nothing to kill'));
  });

  it('does nothing that the load has not come to', async () => {
    const how = { random: new SeededRandom(1), seconds: 0.01, say: () => undefined };
    let done = 0;
    const fault = faultOf('a', 120_000, async () => String((done += 1)));
    let progress = 0.5;
    const schedule = new FaultSchedule(NO_WORLD, [fault], how);
    const running = schedule.run(() => progress);
    await eventually('about a half', () => done > 0);
    await delay(100);
    expect(done).to.be.within(1, 9);
    progress = 1;
    await running;
    expect(done).to.equal(10);
  });
});
