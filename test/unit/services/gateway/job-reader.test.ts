import { expect } from 'chai';
import type { LiveJob } from '../../../../services/gateway/live/job-event.ts';
import { JobReader } from '../../../../services/gateway/live/job-reader.ts';
import { StoreUnavailableError } from '../../../../shared/domain/failures.ts';
import { systemClock } from '../../../../shared/runtime/system-clock.ts';
import { eventually } from '../../../support/eventually.ts';
import { silentLogger } from '../../../support/silent-logger.ts';
import { record } from '../../shared/domain/job-record.ts';

/** The jobs that each read is answered with, in turn; the last one stays. */
function readerOf(answers: readonly (() => readonly LiveJob[])[]) {
  const asked: (readonly string[])[] = [];
  const delivered: {
    readonly ids: readonly string[];
    readonly gens: readonly number[];
    readonly gone: readonly string[];
    readonly changed: readonly string[];
  }[] = [];
  const clock = { ...systemClock, sleep: () => new Promise<void>((resolve) => setImmediate(resolve)) };
  const reader = new JobReader({
    clock,
    logger: silentLogger(),
    read: async (ids) => {
      asked.push(ids);
      return answers[Math.min(asked.length, answers.length) - 1]!();
    },
    deliver: (jobs, gone, changed) =>
      delivered.push({
        ids: jobs.map((job) => job.record.id),
        gens: jobs.map((job) => job.record.gen),
        gone,
        changed: [...changed.keys()],
      }),
  });
  return { reader, asked, delivered };
}

const job = (id: string, gen: number): LiveJob => ({ record: record({ id, gen }), isInputGone: false });

describe('JobReader', () => {
  it('jobs wanted at once, some twice: are read together, and those that there are not are said to be gone', async () => {
    const { reader, asked, delivered } = readerOf([() => [job('a', 1)]]);
    for (const id of ['a', 'b', 'a']) reader.want(id);
    reader.want('b', { gen: 1 });
    await eventually('they are delivered', () => delivered.length === 1);
    expect(asked).to.deep.equal([['a', 'b']]);
    expect(delivered).to.deep.equal([{ ids: ['a'], gens: [1], gone: ['b'], changed: ['b'] }]);
    await reader.stop();
  });

  it('a record that is older than the change that was told: is read again until it is not', async () => {
    const { reader, asked, delivered } = readerOf([() => [job('a', 2)], () => [job('a', 2)], () => [job('a', 3)]]);
    reader.want('a', { gen: 3 });
    await eventually('the new one is delivered', () => delivered.at(-1)?.gens[0] === 3);
    expect(asked).to.have.length(3);
    await reader.stop();
  });

  it('the store away: what is wanted stays wanted', async () => {
    let isAway = true;
    const { reader, delivered } = readerOf([
      () => {
        if (isAway) throw new StoreUnavailableError('away');
        return [job('a', 1)];
      },
    ]);
    reader.want('a', { gen: 1 });
    await new Promise((resolve) => setImmediate(resolve));
    expect([delivered.length, reader.waiting]).to.deep.equal([0, 1]);
    isAway = false;
    await eventually('it is delivered', () => delivered.length === 1);
    expect(delivered[0]!.changed).to.deep.equal(['a']);
    await reader.stop();
  });

  it('wanted while it is being read: is read once more', async () => {
    const reads = readerOf([() => [job('a', 1)]]);
    reads.reader.want('a');
    await eventually('it is asked for', () => reads.asked.length === 1);
    reads.reader.want('a');
    await eventually('it is delivered twice', () => reads.delivered.length === 2);
    await reads.reader.stop();
  });
});
