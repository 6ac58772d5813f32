import { expect } from 'chai';
import { runJob } from './report-job.ts';

const rows = (count: number) => `id,value\n${Array.from({ length: count }, (_, index) => `${index},${index % 97}`).join('\n')}\n`;

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}

describe('report job', function () {
  this.timeout(120_000);

  it('run, a good file, hands over two internal artifacts and cleans up', async () => {
    const { outcome, left } = await runJob({ content: rows(10) });
    expect(outcome).to.deep.equal({
      kind: 'done',
      artifacts: [
        { name: 'profile.json', mediaType: 'application/json', audience: 'internal' },
        { name: 'table.ndjson', mediaType: 'application/x-ndjson', audience: 'internal' },
      ],
      summary: { rows: 10, columns: 2 },
    });
    expect(left.toSorted()).to.deep.equal(['out', 'upload']);
  });

  it('run, a bad file, leaves nothing behind', async () => {
    const { outcome, left } = await runJob({ content: 'a,b\n1,2,3\n' });
    expect(outcome.kind).to.equal('reject');
    expect(left.toSorted()).to.deep.equal(['out', 'upload']);
  });

  it('progress, a file of 200,000 rows, only grows and nearly ends', async () => {
    const { progress } = await runJob({ content: rows(200_000) });
    expect(progress.length).to.be.above(10);
    expect(progress.every((fraction, index) => index === 0 || fraction > progress[index - 1]!)).to.equal(true);
    expect(progress[0]).to.be.above(0);
    expect(progress.at(-1)).to.be.within(0.9, 1);
  });

  for (const stopAt of [0, 0.05, 0.3, 0.7]) {
    it(`run, told to stop at ${stopAt * 100} % of its work, throws the reason and does no further step`, async () => {
      const controller = new AbortController();
      if (stopAt === 0) controller.abort('timeout');
      const after: number[] = [];
      const onProgress = (fraction: number) => {
        if (controller.signal.aborted) after.push(fraction);
        else if (fraction >= stopAt) controller.abort('timeout');
      };
      const failure = await failureOf(runJob({ content: rows(300_000), signal: controller.signal, onProgress }));
      expect(failure).to.equal('timeout');
      expect(Math.max(0, ...after)).to.be.below(stopAt + 0.15);
    });
  }

  it('run, with too little memory for its data, is rejected with dataset_too_large', async () => {
    const wide = Array.from({ length: 400 }, (_, column) => `column ${column}`).join(',');
    const line = Array.from({ length: 400 }, (_, column) => `value ${column} `.repeat(20)).join(',');
    const { outcome } = await runJob({ content: `${wide}\n${`${line}\n`.repeat(400)}`, memoryMb: 125 });
    expect(outcome).to.have.nested.property('error.code', 'dataset_too_large');
  });
});
