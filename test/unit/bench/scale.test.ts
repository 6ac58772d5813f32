import { expect } from 'chai';
import type { JobDocument } from '../../../shared/mongo/job-document.ts';
import { cpuMsPerJob } from '../../bench/scale/cost.ts';
import { jobsAt, pointsOf } from '../../bench/scale/curves.ts';
import { LONE_POSTS } from '../../bench/scale/measure-waiting.ts';
import { parseOptions } from '../../bench/scale/options.ts';
import { scaleOrders } from '../../bench/scale/order.ts';
import { settingsOf } from '../../bench/scale/settings.ts';
import { sizedJobs } from '../../bench/scale/sized-jobs.ts';
import { copyOf } from '../../bench/scale/stored-jobs.ts';
import { Submitter } from '../../bench/scale/submitter.ts';
import { jobsFrom } from '../../bench/suite/workload.ts';
import { madeOptions } from './made-scale.ts';

const FULL = { maxStored: 1_000_000, maxWaiting: 1_000_000 };

describe('options of bench:scale', () => {
  it('without any: all curves, three repeats, up to a million', () => {
    expect(parseOptions([])).to.deep.include({ ...FULL, jobs: 20_000, repeats: 3, isHelp: false, from: undefined });
    expect(parseOptions([]).curves).to.deep.equal(['stored', 'waiting', 'payload', 'workers', 'clients']);
  });

  it('curves named are measured in their own order, each once', () => {
    expect(parseOptions(['--curve', 'clients', '--curve', 'stored', '--curve', 'clients']).curves).to.deep.equal(['stored', 'clients']);
  });

  it('a curve that there is none of, a number that is none and an option that is none are refused by name', () => {
    expect(() => parseOptions(['--curve', 'depth'])).to.throw('There is no depth; there are stored, waiting, payload, workers, clients.');
    expect(() => parseOptions(['--jobs', '0'])).to.throw('--jobs is 0; it must be a whole number from 1.');
    expect(() => parseOptions(['--max-stored', '-1'])).to.throw();
    expect(() => parseOptions(['--max-waiting', '1.5'])).to.throw('--max-waiting is 1.5; it must be a whole number from 0.');
    expect(() => parseOptions(['--deep'])).to.throw("'--deep'");
  });
});

describe('points of bench:scale', () => {
  it('depths go in steps of ten up to the last, which may be between two', () => {
    expect(pointsOf('stored', FULL)).to.deep.equal([0, 10_000, 100_000, 1_000_000]);
    expect(pointsOf('waiting', { ...FULL, maxWaiting: 30_000 })).to.deep.equal([0, 10_000, 30_000]);
    expect(pointsOf('stored', { ...FULL, maxStored: 0 })).to.deep.equal([0]);
  });

  it('large payloads get fewer jobs, yet some; small ones all', () => {
    expect([200, 2_000, 20_000, 200_000, 1_000_000].map((bytes) => jobsAt('payload', bytes, 20_000))).to.deep.equal([
      20_000, 20_000, 10_000, 1_000, 200,
    ]);
    expect(jobsAt('payload', 1_000_000, 500)).to.equal(20);
    expect(jobsAt('payload', 1_000_000, 5), 'never more than asked for').to.equal(5);
  });

  it('one connection gets few jobs, many have some each', () => {
    expect([1, 8, 64, 1_000].map((connections) => jobsAt('clients', connections, 20_000))).to.deep.equal([2_000, 16_000, 20_000, 20_000]);
    expect(jobsAt('clients', 1_000, 500)).to.equal(5_000);
  });

  it('every repeat has each point once and begins with another one', () => {
    const orders = scaleOrders(madeOptions({ curves: ['workers', 'waiting'], maxWaiting: 10_000 }));
    expect(orders.map(({ curve, value, repeat }) => `${repeat} ${curve} ${value}`)).to.deep.equal([
      ...['1 workers 1', '1 workers 2', '1 workers 4', '1 waiting 0', '1 waiting 10000'],
      ...['2 workers 2', '2 workers 4', '2 workers 1', '2 waiting 10000', '2 waiting 0'],
    ]);
  });
});

describe('settings of a point of bench:scale', () => {
  const at = (curve: 'waiting' | 'payload' | 'workers', value: number, jobs = 20_000) =>
    settingsOf({ curve, value, jobs, warmUpJobs: 100, repeat: 1 }, new Date());

  it('the bound on waiting jobs is left alone where it holds, raised and told of where it does not', () => {
    expect(at('waiting', 100_000)).to.deep.equal({ options: { lane: 'standard', restart: false }, notes: [] });
    const { options, notes } = at('waiting', 1_000_000);
    expect(Number(options.env?.['MAX_WAITING_JOBS'])).to.be.at.least(1_020_000 + LONE_POSTS);
    expect(notes.join()).to.contain('MAX_WAITING_JOBS').and.to.contain('500000');
  });

  it('batches of large payloads have fewer jobs, at least one', () => {
    expect([200, 20_000, 1_000_000, 8_000_000].map((bytes) => at('payload', bytes).options.batchJobs)).to.deep.equal([500, 200, 4, 1]);
  });

  it('workers are as many of each stage', () => {
    expect(at('workers', 4).options.scale).to.deep.equal({ 'p1-worker': 4, 'p2-worker': 4 });
  });
});

describe('jobs of bench:scale', () => {
  it('payloads have exactly their bytes, and no two are alike', () => {
    for (const bytes of [40, 200, 200_000, 1_000_000]) {
      const texts = sizedJobs(99_999, 3, bytes).map(({ payload }) => JSON.stringify(payload));
      expect(texts.map(({ length }) => length)).to.deep.equal([bytes, bytes, bytes]);
      expect(new Set(texts).size).to.equal(3);
    }
  });

  it('a copy of a stored job has another id, key and hash, and all its moments moved alike', () => {
    const at = (ms: number) => new Date(1_000_000_000_000 + ms);
    const result = { stage: 0, run: 0, epoch: 1, claim: 'c', startedAt: at(5), at: at(10) };
    const template = { _id: 'x', tenant: 't', reqHash: 'h', createdAt: at(0), doneAt: at(20), results: [result], evt: { seq: 1 } };
    const copy = copyOf(template as unknown as JobDocument, at(-5_000));
    expect(copy).to.deep.include({ tenant: 't', createdAt: at(-5_000), doneAt: at(-4_980), evt: { seq: 1 } });
    expect(copy.results).to.deep.equal([{ ...result, startedAt: at(-4_995), at: at(-4_990) }]);
    expect(copy._id).to.match(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    expect(Number.parseInt(copy._id.replaceAll('-', '').slice(0, 12), 16)).to.equal(at(-5_000).getTime());
    const other = copyOf(template as unknown as JobDocument, at(-5_000));
    expect([copy._id, copy.idemKey, copy.reqHash]).to.not.have.any.members([other._id, other.idemKey, other.reqHash, 'h', undefined]);
  });

  it('cost is a job of each service, its processes together and the client left out', () => {
    const costs = cpuMsPerJob({ client: 9, mongodb: 2, 'p1-worker-1': 1, 'p1-worker-2': 3, 'p2-worker': 1 }, 1_000);
    expect(costs).to.deep.equal({ mongodb: 2, 'p1-worker': 4, 'p2-worker': 1 });
  });
});

describe('submitter of bench:scale', () => {
  it('what fails is counted and sent again under the same key, alone or in its batch', async () => {
    const sent: string[] = [];
    const failOnce = (name: string, keys: readonly (string | undefined)[]) => {
      sent.push(`${name} ${keys.join(' ')}`);
      if (sent.filter((one) => one === sent.at(-1)).length === 1 && keys.includes(`bench-${process.pid}-1`)) throw new Error('no');
    };
    const submitter = new Submitter(
      {
        submitBatch: async (jobs) =>
          failOnce(
            'batch',
            jobs.map(({ key }) => key),
          ),
        submitOne: async ({ key }) => failOnce('one', [key]),
      },
      2,
    );
    await submitter.batch(jobsFrom(0, 3));
    expect(sent.map((one) => one.replaceAll(`bench-${process.pid}-`, ''))).to.deep.equal(['batch 0 1', 'batch 2', 'batch 0 1']);
    sent.length = 0;
    expect(await submitter.each(jobsFrom(0, 3), 1)).to.have.length(3);
    expect(sent.map((one) => one.replaceAll(`bench-${process.pid}-`, ''))).to.deep.equal(['one 0', 'one 1', 'one 1', 'one 2']);
    expect(submitter.errors).to.deep.equal(['no', 'no']);
  });
});
