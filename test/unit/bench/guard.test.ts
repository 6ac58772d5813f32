import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../../shared/runtime/project-root.ts';
import { baselineRatios, otherMachine, readBaseline, writeBaseline } from '../../bench/guard/baseline.ts';
import { compareAll, type GuardMeasurement, type GuardRow, ratiosOf, type Sample, worseBy } from '../../bench/guard/compare.ts';
import { COMPARISONS, comparisonName, type RoundFigures } from '../../bench/guard/comparisons.ts';
import { parseGuardOptions } from '../../bench/guard/guard-options.ts';
import { guardClosingLine, guardTable } from '../../bench/guard/guard-table.ts';

const BATCH = COMPARISONS.find(
  ({ scenario, metric, rival }) => scenario === 'batch' && metric === 'jobsPerSecond' && rival === 'raw-fused-100',
)!;
const LATENCY = COMPARISONS.find(({ scenario, rival }) => scenario === 'latency' && rival === 'raw-koa')!;

type Scenario = Sample['scenario'];

function samples(contender: string, scenario: Scenario, rounds: readonly Partial<RoundFigures>[]): readonly Sample[] {
  return rounds.map((figures, index) => ({ contender, scenario, round: index + 1, figures: { disturbance: 0, ...figures } }));
}

const rates = (contender: string, values: readonly number[]) =>
  samples(
    contender,
    'batch',
    values.map((jobsPerSecond) => ({ jobsPerSecond })),
  );

function measured(all: readonly (readonly Sample[])[], problems: GuardMeasurement['problems'] = {}): GuardMeasurement {
  return { samples: all.flat(), problems };
}

/** Jobline's rate beside one of 1,000 a round. */
const joblineAt = (values: readonly number[]) =>
  measured([
    rates('jobline', values),
    rates(
      'raw-fused-100',
      values.map(() => 1_000),
    ),
  ]);

function rowOf(measurement: GuardMeasurement, baseline: number): GuardRow {
  const name = comparisonName(BATCH);
  return compareAll(measurement, { [name]: baseline }).find((row) => row.name === name)!;
}

describe('regression guard', () => {
  it('a ratio is that of the same round, and of rounds in which neither was disturbed', () => {
    const ours = samples('jobline', 'batch', [
      { jobsPerSecond: 500 },
      { jobsPerSecond: 90, disturbance: 0.6 },
      { jobsPerSecond: 600 },
      { jobsPerSecond: 700 },
    ]);
    const theirs = samples('raw-fused-100', 'batch', [
      { jobsPerSecond: 1_000 },
      { jobsPerSecond: 1_000 },
      { jobsPerSecond: 2_000 },
      { jobsPerSecond: 1, disturbance: 0.3 },
    ]);
    expect(ratiosOf(measured([ours, theirs]), BATCH)).to.deep.equal([0.5, 0.3]);
  });

  it('rates are worse by what is missing, times by what they are longer', () => {
    expect(worseBy('jobsPerSecond', 0.45, 0.6)).to.be.closeTo(0.25, 1e-9);
    expect(worseBy('p50Ms', 1.5, 1.2)).to.be.closeTo(0.25, 1e-9);
    expect(worseBy('cpuPerThousand', 1.2, 1.5)).to.be.closeTo(-0.2, 1e-9);
  });

  it('is ok up to 20 % worse, warns up to 40 %, and fails above', () => {
    const verdictAt = (rate: number) => rowOf(joblineAt([rate, rate, rate]), 1).verdict;
    expect([1_300, 1_000, 801, 799, 601, 599].map(verdictAt)).to.deep.equal(['ok', 'ok', 'ok', 'warning', 'warning', 'failed']);
  });

  it('holds latencies the other way round', () => {
    const at = (p50Ms: number) =>
      measured([
        samples('jobline-http', 'latency', [{ p50Ms }, { p50Ms }, { p50Ms }]),
        samples('raw-koa', 'latency', [{ p50Ms: 10 }, { p50Ms: 10 }, { p50Ms: 10 }]),
      ]);
    const name = comparisonName(LATENCY);
    const verdictAt = (p50Ms: number) => compareAll(at(p50Ms), { [name]: 1 }).find((row) => row.name === name)!.verdict;
    expect([5, 11, 13, 15].map(verdictAt)).to.deep.equal(['ok', 'ok', 'warning', 'failed']);
  });

  it('takes the median: one bad round fails nothing', () => {
    expect(rowOf(joblineAt([1_000, 100, 1_010]), 1)).to.include({ verdict: 'ok' });
  });

  it('with fewer than three rounds that count, says that it was not measured', () => {
    const row = rowOf(joblineAt([100, 100]), 1);
    expect(row).to.include({ verdict: 'missing', baseline: 1 });
    expect(row.reason).to.contain('2 rounds count, 3 are needed');
  });

  it('a rival that cannot run leaves a ratio unmeasured; ours that cannot, or loses jobs, fails it', () => {
    const { samples: all } = joblineAt([1_000, 1_000, 1_000]);
    expect(rowOf({ samples: all, problems: { 'raw-fused-100': 'cannot be started: no apt' } }, 1)).to.deep.include({
      verdict: 'missing',
      reason: 'raw-fused-100: cannot be started: no apt',
    });
    expect(rowOf({ samples: all, problems: { jobline: 'lost 1' } }, 1)).to.include({ verdict: 'failed', reason: 'jobline: lost 1' });
  });

  it('a ratio that the baseline does not have fails nothing', () => {
    expect(compareAll(joblineAt([1, 1, 1]), {})[0]).to.include({ verdict: 'new' });
  });

  it('its table has a line a ratio with change and verdict, and its closing line counts them', () => {
    const rows = compareAll(joblineAt([700, 750, 760]), { [comparisonName(BATCH)]: 1 });
    const lines = guardTable(rows).split('\n');
    expect(lines).to.have.length(COMPARISONS.length + 1);
    expect(lines.find((line) => line.startsWith(comparisonName(BATCH)))).to.match(
      /0\.750 \(0\.700–0\.760\) +1\.000 +25 % worse +warning: more than 20 % worse$/,
    );
    expect(guardClosingLine(rows)).to.equal(`0 ratios hold, 1 warned of, 0 failed, ${COMPARISONS.length - 1} not compared`);
  });

  it('a baseline has all ratios or is not written', () => {
    expect(() => baselineRatios(joblineAt([1, 1, 1])))
      .to.throw('No baseline was written')
      .and.match(/0 rounds count/);
    const full = COMPARISONS.flatMap(({ scenario, ours, rival }) =>
      [ours, rival].flatMap((name) =>
        samples(
          name,
          scenario,
          [1, 2, 3].map((n) => ({ jobsPerSecond: n, cpuPerThousand: n, p50Ms: n })),
        ),
      ),
    );
    expect(baselineRatios(measured([full]))).to.deep.equal(Object.fromEntries(COMPARISONS.map((one) => [comparisonName(one), 1])));
  });

  it('the baseline in the repository has a ratio for each comparison and for nothing else', () => {
    const { ratios } = readBaseline(join(projectRoot(), 'test/bench/guard/baseline.json'));
    expect(Object.keys(ratios)).to.have.members(COMPARISONS.map(comparisonName));
  });

  it('a baseline reads back as it was written, and a file that is none is refused', () => {
    const folder = mkdtempSync(join(tmpdir(), 'jobline-guard-'));
    const file = join(folder, 'baseline.json');
    try {
      const machine = { processor: 'P', cores: 2, memoryGb: 24, system: 'S', node: 'v20' };
      const baseline = { revision: 'abc', measuredAt: '2026-01-01T00:00:00.000Z', rounds: 7, machine, ratios: { a: 0.5 } };
      writeBaseline(file, baseline);
      expect(readBaseline(file)).to.deep.equal(baseline);
      writeFileSync(file, '{"ratios":{"a":null}}');
      expect(() => readBaseline(file)).to.throw('is no baseline');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('says in which way this machine is of another kind', () => {
    const machine = { processor: 'P', cores: 2, memoryGb: 24, system: 'S', node: 'v20' };
    expect(otherMachine(machine, machine)).to.equal('');
    expect(otherMachine({ ...machine, cores: 4 }, machine)).to.equal('cores 4, not 2');
  });

  it('too few rounds and unknown options are refused', () => {
    expect(() => parseGuardOptions(['--rounds', '2'])).to.throw('--rounds is 2; it must be a whole number from 3.');
    expect(() => parseGuardOptions(['--speed'])).to.throw('--speed');
  });
});
