import { expect } from 'chai';
import fc from 'fast-check';
import { defineJobType, JOB_TYPES, Pipelines, stageMarks } from '../../../../shared/domain/pipeline.ts';

describe('stageMarks', () => {
  it('two stages, says 30, 50, 70, 100', () => {
    expect(stageMarks(2)).to.deep.equal([
      { runningMark: 30, doneMark: 50 },
      { runningMark: 70, doneMark: 100 },
    ]);
  });

  it('one and three stages, spreads the marks evenly', () => {
    expect(stageMarks(1)).to.deep.equal([{ runningMark: 50, doneMark: 100 }]);
    expect(stageMarks(3)).to.deep.equal([
      { runningMark: 17, doneMark: 33 },
      { runningMark: 50, doneMark: 67 },
      { runningMark: 83, doneMark: 100 },
    ]);
  });

  it('up to 50 stages, rises from stage to stage and ends at 100', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), (count) => {
        const marks = stageMarks(count).flatMap(({ runningMark, doneMark }) => [runningMark, doneMark]);
        expect(marks).to.deep.equal([...marks].sort((a, b) => a - b));
        expect(marks.at(-1)).to.equal(100);
        expect(new Set(marks.filter((_, index) => index % 2 === 1)).size, 'done marks differ').to.equal(count);
      }),
    );
  });
});

describe('Pipelines', () => {
  const pipelines = new Pipelines([JOB_TYPES.report, defineJobType('three', [{ name: 'p1' }, { name: 'p2' }, { name: 'p3' }])]);

  it('a third stage, is one entry more: the middle is not the last', () => {
    expect([0, 1, 2].map((stage) => pipelines.isLast('three', stage))).to.deep.equal([false, false, true]);
    expect(pipelines.stageOf('three', 2).name).to.equal('p3');
    expect(pipelines.isLast('report', 1)).to.equal(true);
  });

  it('stage names of all types, stand once each', () => {
    expect(pipelines.stageNames()).to.deep.equal(['p1', 'p2', 'p3']);
  });

  it('a type or a stage that is not in the table, is an error that names it', () => {
    expect(() => pipelines.typeOf('nope')).to.throw('"nope" is not known here; known: report, three');
    expect(() => pipelines.stageOf('report', 2)).to.throw('report has no stage 2');
    expect(pipelines.has('nope')).to.equal(false);
  });

  it('several versions of a type: the newest without a version, each by its own; their stages are all there', () => {
    const both = new Pipelines([
      defineJobType('two', [{ name: 'p1' }, { name: 'p2' }]),
      defineJobType('two', [{ name: 'p1-v3' }, { name: 'p2' }, { name: 'p3' }], { version: 3 }),
    ]);
    expect([both.typeOf('two').version, both.typeOf('two', 1).version, both.versionsOf('two')]).to.deep.equal([3, 1, [3, 1]]);
    expect([both.has('two', 1), both.has('two', 2), both.names()]).to.deep.equal([true, false, ['two']]);
    const at = (pipelineVersion: number, stage: number) => both.stageAt({ type: 'two', pipelineVersion, stage })?.name;
    expect([at(1, 0), at(3, 0), at(3, 2), at(1, 2), at(2, 0)]).to.deep.equal(['p1', 'p1-v3', 'p3', undefined, undefined]);
    expect(both.stageNames().toSorted()).to.deep.equal(['p1', 'p1-v3', 'p2', 'p3']);
    expect(() => both.typeOf('two', 2)).to.throw('Job type two is not known here in version 2; known: 3, 1');
  });

  it('a type without settings, has 3 attempts, 10 minutes a stage and 30 days', () => {
    const { retainDays, stages, version } = defineJobType('plain', [{ name: 'p1' }]);
    expect([retainDays, version]).to.deep.equal([30, 1]);
    expect(stages[0]).to.deep.include({ timeoutMs: 600_000, retry: { maxAttempts: 3, baseDelayMs: 2_000, maxDelayMs: 300_000 } });
  });
});
